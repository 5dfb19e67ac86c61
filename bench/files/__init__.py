"""What files cost the screen: lag with and without a file running, and how fast the file goes."""
