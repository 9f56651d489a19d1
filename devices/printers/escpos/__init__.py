"""ESC/POS, as Epson-class printers and many others speak it."""
