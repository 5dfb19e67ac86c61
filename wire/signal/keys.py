"""The commit-and-reveal exchange of a participant's keys, over the signal socket. Pure: messages in,
commands out.

Decides when a peer's key is accepted. The customer commits to its key before it sees the agent's, so nobody
in the middle can choose keys until six words match (docs/wire.md part 2). Leaves sending to the signal
link.

    customer                        web half (passes on)                       agent
    start(epoch)  -> key.commit  ---------------------------------------->  receive
                     receive     <------------------------------  key.open (pub)
                     key.open (pub, salt) ------------------------------->  receive: commitment checked
"""

from __future__ import annotations

from wire.errors import SealBroken, WrongState
from wire.seal import ParticipantKey, commit_of, new_salt, words_for
from wire.signal.messages import KeyCommit, KeyOpen
from wire.terms import Side

__all__ = ["KeyExchange"]


class KeyExchange:
    """One end's keys for one participant, over all epochs.

    A repeat of a message already taken (a replay after a resume) changes nothing. A message of a lower
    epoch is dropped. A higher epoch begins a new exchange: the web half asked for it because one end lost
    its keys.
    """

    def __init__(
        self,
        *,
        role: Side,
        session: str,
        participant: str,
        own: ParticipantKey | None = None,
        salt: bytes | None = None,
    ) -> None:
        """`own` and `salt` are for tests; without them fresh ones are made for each exchange."""
        self.role: Side = role
        self.session = session
        self.participant = participant
        self.epoch = 0
        self.peer_public: bytes | None = None
        self.own = own or ParticipantKey.generate()
        self._given = own
        self._salt = salt or new_salt()
        self._commit: bytes | None = None
        self._said: list[KeyCommit | KeyOpen] = []

    @property
    def is_complete(self) -> bool:
        """Whether both ends know each other's key; only then may a channel be sealed."""
        return self.peer_public is not None

    def words(self, language: str) -> tuple[str, ...]:
        """Return the six words; raises WrongState before the exchange is complete."""
        if self.peer_public is None:
            raise WrongState("the keys are not exchanged yet")
        pair = (self.own.public, self.peer_public)
        pub_customer, pub_agent = pair if self.role == "customer" else pair[::-1]
        return words_for(self.session, self.participant, pub_customer, pub_agent, language)

    def start(self, epoch: int) -> list[KeyCommit | KeyOpen]:
        """Begin as the customer's end (key.ask came); return the commands to send. Again with the same
        epoch: the same commands, for a socket that was replaced. A lower epoch: nothing.
        """
        if self.role != "customer":
            raise WrongState("the customer program begins the exchange")
        if epoch < self.epoch:
            return []
        if epoch > self.epoch:
            self._begin(epoch)
            self._said = [KeyCommit(self.participant, epoch, self.own.commit(self._salt))]
        return self.repeat()

    def receive(self, message: KeyCommit | KeyOpen) -> list[KeyCommit | KeyOpen]:
        """Take the other end's message; return the commands to send now.

        Raises SealBroken when a commitment is not kept or a second, different key comes (B-31: end the
        participant), WrongState for a message that is not this end's to receive.
        """
        if message.participant != self.participant:
            raise WrongState("a key of another participant")
        if message.epoch < self.epoch:
            return []
        if self.role == "agent":
            return self._receive_as_agent(message)
        if isinstance(message, KeyCommit):
            raise WrongState("a commitment to the customer program, which commits itself")
        return self._receive_as_customer(message)

    def repeat(self) -> list[KeyCommit | KeyOpen]:
        """Return what this end said in the exchange so far, for a socket whose stream was lost."""
        return list(self._said)

    def _begin(self, epoch: int) -> None:
        if self.epoch and self._given is None:
            self.own, self._salt = ParticipantKey.generate(), new_salt()
        self.epoch = epoch
        self.peer_public = self._commit = None
        self._said = []

    def _receive_as_agent(self, message: KeyCommit | KeyOpen) -> list[KeyCommit | KeyOpen]:
        if isinstance(message, KeyCommit):
            if message.epoch == self.epoch and self._commit is not None:
                if message.commit != self._commit:
                    raise SealBroken("a second, different commitment")
                return []
            self._begin(message.epoch)
            self._commit = message.commit
            self._said = [KeyOpen(self.participant, message.epoch, self.own.public)]
            return self.repeat()
        if message.epoch != self.epoch or self._commit is None:
            raise WrongState("key.open before key.commit")
        if message.salt is None or commit_of(message.pub, message.salt) != self._commit:
            raise SealBroken("the key does not fit its commitment (B-31)")
        self._accept(message.pub)
        return []

    def _receive_as_customer(self, message: KeyOpen) -> list[KeyCommit | KeyOpen]:
        if message.epoch != self.epoch:
            raise WrongState(f"key.open of epoch {message.epoch}, ours is {self.epoch}")
        if self.peer_public is not None:
            if message.pub != self.peer_public:
                raise SealBroken("a second, different key")
            return []
        self._accept(message.pub)
        opened = KeyOpen(self.participant, self.epoch, self.own.public, self._salt)
        self._said.append(opened)
        return [opened]

    def _accept(self, public: bytes) -> None:
        self.own.agree(public)  # refuses a point that is not on the curve, before anything is shown or sent
        if public == self.own.public:
            raise SealBroken("the peer shows our own key")
        self.peer_public = public
