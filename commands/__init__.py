"""What each command does: the rooms put together. ``crossaisle.cli`` only reads the arguments."""
