"""One file per encoding. `take` is framing: a parser step that removes one rectangle's payload from the
buffer and judges lengths only. `decode` and `encode` are pure and may run in a worker thread, in order
where the encoding keeps zlib streams. Framing and decoding assume our own pixel format (BGRX), the only one
the viewer asks for; encoders serve any format."""
