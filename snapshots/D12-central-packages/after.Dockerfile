FROM mcr.microsoft.com/dotnet/sdk:8.0
WORKDIR /src
COPY src/Web/Web.csproj ./src/Web/
COPY src/Core/Core.csproj ./src/Core/
COPY Directory.Build.props Directory.Packages.props NuGet.config ./
RUN dotnet restore src/Web/Web.csproj
COPY . .
RUN dotnet publish src/Web -c Release -o /out
