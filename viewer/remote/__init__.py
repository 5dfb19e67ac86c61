"""One remote control window: picture, input and the link of one participant."""
