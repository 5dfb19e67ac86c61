"""The screen's language: RFB (RFC 6143 and the community registry), both ends, without sockets or threads.

constants   numbers of messages, encodings and flags
pixels      pixel formats and their conversion
messages    one frozen dataclass per message, `encode` and `read`
events      what the two protocols tell their owners
states      which message may come when
server      ServerProtocol: the customer's side
viewer      ViewerProtocol: the agent's side
decoding    FrameDecoder: rectangles into a framebuffer
encodings/  one file per encoding: `take` (framing), `decode` and `encode` (pure)
"""
