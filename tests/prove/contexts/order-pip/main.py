import itsdangerous, six
print(six.__version__)
