bc --version > made.txt
