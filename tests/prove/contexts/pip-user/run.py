import rich

rich.print("[green]hello")
