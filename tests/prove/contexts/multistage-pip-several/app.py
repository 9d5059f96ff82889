import itsdangerous
from fast import twice

print(itsdangerous.Signer("secret").sign(str(twice(21))).decode())
