"""The signal socket between the web half and the programs (`barohelp.signal.1`), docs/wire.md part 1.

messages.py    what the web half sends, with the tables AGENT_MESSAGES and CUSTOMER_MESSAGES
commands.py    what the programs send, with the tables AGENT_COMMANDS and CUSTOMER_COMMANDS, and Answer
keys.py        the commit-and-reveal exchange of a participant's keys, pure
client.py      SignalClient, the programs' end, sans-I/O

How a participant comes to be, seen from the web half:
    agent       accept{session}  (or auto-connect)        web half makes the participant, epoch 1
    web half    key.ask{participant, epoch 1, …}          to the customer program
    customer    key.commit{participant, epoch, commit}    web half passes it on to the agent's program
    agent       key.open{participant, epoch, pub}         web half passes it on to the customer program
    customer    key.open{participant, epoch, pub, salt}   web half passes it on to the agent's program, then
    web half    offer{…, epoch, tickets}                  to both, in one transaction
    either end  ticket.need{participant, channel, epoch}  web half raises the epoch and offers anew
    either end  ticket.need{…, keys_lost: true}           the same, with key.ask … key.open before the offer
The web half never opens what key.* holds. An offer that comes before the keys is kept until they are there.
"""
