"""Every address of the two consoles stands beside the play that opens it; a new one fails until it does."""

from __future__ import annotations

import ast
from typing import Final

from flask import Flask

from ops.places import ROOT

PLAYED: Final[dict[str, tuple[str, ...]]] = {
    "test_a_department_and_an_agent_are_made_until_the_seats_are_taken": (
        "manage.list_departments",
        "manage.agent_new",
        "manage.agent_id_check",
    ),
    "test_a_company_is_made_suspended_and_let_go_on": ("operator.company_new", "operator.log_in"),
    "test_options_are_set_previewed_applied_and_explained": (
        "manage.list_options",
        "manage.option_apply",
        "manage.option_agent",
    ),
    "test_issue_types_are_dragged_renamed_deleted_and_brought_back": (
        "manage.list_issue_types",
        "manage.issue_type_change",
    ),
    "test_settings_are_saved_and_the_second_of_two_is_told": ("manage.settings",),
    "test_the_log_is_filtered_and_received_as_excel_and_csv": (
        "manage.list_log",
        "manage.log_export",
        "manage.document_page",
        "manage.document_file",
    ),
    "test_an_api_key_is_made_used_and_revoked": ("manage.list_api_keys", "manage.api_key_revoke"),
    "test_two_step_log_in_is_set_up_and_a_recovery_code_opens": ("manage.own_two_step",),
    "test_a_file_of_agents_is_looked_at_and_taken": (
        "manage.export_csv",
        "manage.roster_upload",
        "manage.roster_preview",
    ),
    "test_an_agent_changes_what_is_theirs": ("manage.own", "manage.own_password"),
    "test_an_operator_tells_everybody_and_switches_an_option_off": (
        "operator.list_notices",
        "operator.notice_withdraw",
        "operator.list_options",
        "operator.list_log",
        "operator.log_out",
    ),
    "test_an_agent_is_changed_stopped_and_deleted_with_a_password": (
        "manage.list_agents",
        "manage.agent_edit",
        "manage.agent_state",
        "manage.agent_delete",
    ),
    "test_a_department_is_renamed_deleted_and_brought_back": (
        "manage.department_edit",
        "manage.department_delete",
    ),
    "test_the_company_and_its_rules_of_log_in_are_changed": (
        "manage.account",
        "manage.log_in_rules",
        "manage.log_in_addresses",
    ),
    "test_downloads_help_and_ones_own_options_are_read": (
        "manage.downloads",
        "manage.help_page",
        "manage.own_options",
    ),
    "test_an_operator_changes_term_seats_and_name_and_ends_everything": (
        "operator.list_companies",
        "operator.company",
        "operator.company_change",
        "operator.list_letters",
    ),
    "test_an_operators_recovery_code_opens_once": ("operator.own", "operator.log_in_code"),
    "test_a_question_is_asked_answered_and_closed": (
        "manage.list_inquiries",
        "manage.inquiry_new",
        "manage.inquiry",
        "manage.inquiry_write",
        "operator.list_inquiries",
        "operator.inquiry",
        "operator.inquiry_write",
    ),
    "test_a_support_is_found_described_and_counted": (
        "manage.my_records",
        "manage.my_record",
        "manage.my_statistics",
    ),
    "test_an_agent_who_lost_the_phone_is_helped_and_a_department_gets_options": (
        "manage.agent_two_step",
        "manage.option_department",
    ),
}
#: Files that come without a page, each as another one that is played; and what one browser cannot show.
NOT_PLAYED: Final = {
    "manage.export_excel",  # as the log's
    "manage.roster_problems",  # as the lists' CSV
    "manage.download_file",  # needs a program that was built
    "manage.own_log_in_end",  # a second log-in ends the first: tests/app/manage/test_own.py
}


def test_every_address_of_the_consoles_is_played(app: Flask) -> None:
    there = {name for name in app.view_functions if name.startswith(("manage.", "operator."))}
    played = {endpoint for endpoints in PLAYED.values() for endpoint in endpoints}
    assert there - played - NOT_PLAYED == set(), "play it in test_plays.py and name it here"


def test_the_named_plays_exist() -> None:
    tree = ast.parse((ROOT / "tests" / "pages" / "test_plays.py").read_text("utf-8"))
    assert set(PLAYED) <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
