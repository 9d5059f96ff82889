import idna


def main() -> None:
    print("hello", idna.encode("königin.example").decode())
