"""The command line: names, arguments, exit codes and what is printed."""
