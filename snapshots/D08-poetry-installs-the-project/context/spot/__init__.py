def main() -> None:
    print("spot")
