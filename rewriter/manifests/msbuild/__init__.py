"""What MSBuild and NuGet do with projects, solutions and their settings, for the reader of `dotnet restore`."""
