import sys

from itsdangerous import Signer

print(Signer("secret").sign(" ".join(sys.argv[1:]) or "hello").decode())
