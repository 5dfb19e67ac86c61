"""Files of a support session on this computer's disk, the same for both programs.

store.py      where received files go: temporary names, checks, the final name
source.py     what is sent: files and folders as they are on the disk, changes while they are read
views.py      what windows show of a job, and what is kept of it in the record
outgoing.py   the jobs this end sends      incoming.py   the jobs it receives
porter.py     the thread that joins them to the protocol of wire/files
elide.py      long names cut in their middle
show.py       opens a folder in the system's file manager; never a file
"""
