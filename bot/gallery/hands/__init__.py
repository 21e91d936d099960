"""The hands that draw pictures of our own: one room for each manner, and the canvas that they share."""
