it("runs", () => {});
