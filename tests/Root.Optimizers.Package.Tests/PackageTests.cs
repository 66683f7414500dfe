using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Root.Optimizers.Package.Tests;

/// <summary>The packages, as `./run pack` makes them: what is in them, and what programs do with them.</summary>
[Slow]
public class PackageTests(PackedFolder packages) : IClassFixture<PackedFolder>
{
    public static TheoryData<string> Names => ["Root.Optimizers", "Root.Optimizers.Distributed"];

    [Theory, MemberData(nameof(Names))]
    public void The_files_are_these_and_no_others(string name)
    {
        string[] Files(string extension)
        {
            using var package = packages.Open(name, extension);
            return [.. package.Entries.Select(e => e.FullName)
                .Where(file => !file.StartsWith("_rels/") && !file.StartsWith("package/") && file != "[Content_Types].xml").Order()];
        }
        string[] expected = ["icon.png", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml", "LICENSE", "README.md", $"{name}.nuspec"];
        Assert.Equal(expected.Order(), Files("nupkg"));
        Assert.Equal(((string[])[$"lib/net10.0/{name}.pdb", $"{name}.nuspec"]).Order(), Files("snupkg"));
    }

    [Theory]
    [InlineData("Root.Optimizers", "TorchSharp 0.107.0")]
    [InlineData("Root.Optimizers.Distributed", "Root.Optimizers")]
    public void It_depends_on_one_package(string name, string expected)
    {
        var groups = packages.Metadata(name).Element("dependencies")!.Elements("group");
        var dependency = Assert.Single(Assert.Single(groups).Elements("dependency"));
        var said = $"{(string?)dependency.Attribute("id")} {(string?)dependency.Attribute("version")}";
        Assert.Equal(expected.Contains(' ') ? expected : $"{expected} {packages.Version}", said);
    }

    [Theory, MemberData(nameof(Names))]
    public void It_says_what_it_is(string name)
    {
        var metadata = packages.Metadata(name);
        string Said(string element) => (string?)metadata.Element(element) ?? "";
        Assert.Equal("MIT", Said("license"));
        Assert.Equal("expression", (string?)metadata.Element("license")!.Attribute("type"));
        Assert.Equal(("icon.png", "README.md"), (Said("icon"), Said("readme")));
        var optimizers = typeof(MatrixOptimizer).Assembly.GetExportedTypes()
            .Where(type => !type.IsAbstract && typeof(MatrixOptimizer).IsAssignableFrom(type)).Select(type => type.Name).ToArray();
        Assert.Equal(5, optimizers.Length);
        Assert.All(optimizers, optimizer => Assert.Contains(optimizer, Said("description")));
        Assert.Empty(optimizers.Select(optimizer => optimizer.ToLowerInvariant()).Except(Said("tags").Split(' ')));
        Assert.StartsWith("- `RootOptimizer`: ROOT", Said("releaseNotes"));
        Assert.DoesNotContain("](", Said("releaseNotes"));
        Assert.InRange(Said("releaseNotes").Length, 1000, 35_000); // the gallery takes 35,000
    }

    /// <summary>The gallery shows it alone: no file of the repository is beside it.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Its_page_is_for_its_reader(string name)
    {
        var text = Encoding.UTF8.GetString(packages.Read(name, "README.md"));
        Assert.DoesNotContain("./run", text);
        Assert.All(Regex.Matches(text, @"\]\(([^)]*)\)"), link => Assert.StartsWith("https://", link.Groups[1].Value));
    }

    [Theory, MemberData(nameof(Names))]
    public void Its_documentation_is_that_of_the_assembly(string name)
    {
        var members = XDocument.Parse(Encoding.UTF8.GetString(packages.Read(name, $"lib/net10.0/{name}.xml"))).Descendants("member");
        Assert.Contains(members, member => ((string)member.Attribute("name")!).StartsWith($"T:{name}."));
    }

    [Theory, MemberData(nameof(Names))]
    public void Its_symbols_name_no_folder_of_the_machine(string name)
    {
        var symbols = packages.Read(name, $"lib/net10.0/{name}.pdb", "snupkg");
        Assert.All(Symbols.Documents(symbols), document => Assert.StartsWith("/_/", document));
        foreach (var file in (byte[][])[symbols, packages.Read(name, $"lib/net10.0/{name}.dll")])
            Assert.True(file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Repository.Root)) < 0, "The repository's path is in it.");
    }

    [Theory, MemberData(nameof(Names))]
    public void Its_public_surface_is_the_one_listed(string name)
    {
        var surface = PublicSurface.Of(packages.Read(name, $"lib/net10.0/{name}.dll"),
            name == "Root.Optimizers" ? [] : [packages.Read("Root.Optimizers", "lib/net10.0/Root.Optimizers.dll")]);
        // A tilde marks what says nothing of null.
        string[] Listed(string file) => [.. File.ReadLines(Path.Combine(Repository.Root, "src", name, $"PublicAPI.{file}.txt"))
            .Where(line => line != "#nullable enable").Select(line => line.TrimStart('~'))];
        Assert.Empty(Listed("Unshipped"));
        Assert.Empty(Listed("Shipped").Except(surface));
        Assert.Empty(surface.Except(Listed("Shipped")));
    }

    [Fact]
    public async Task A_repository_address_gives_source_links()
    {
        Assert.SkipUnless(Path.Exists(Path.Combine(Repository.Root, ".git")), "there is no git repository");
        const string address = "https://github.com/example/root-optimizers";
        var folder = Directory.CreateTempSubdirectory("root-optimizers-linked-");
        try
        {
            await Dotnet.Run(Repository.Root, "pack", "src/Root.Optimizers", "-c", "Release", "-o", folder.FullName, "-v", "quiet",
                $"-p:RepositoryUrl={address}", $"-p:ArtifactsPath={folder.FullName}/artifacts", "-p:UseSharedCompilation=false");
            using var package = ZipFile.OpenRead(Assert.Single(folder.GetFiles("*.snupkg")).FullName);
            var link = Symbols.SourceLink(PackedFolder.Read(package, "lib/net10.0/Root.Optimizers.pdb"));
            Assert.Matches("""/_/\*":"https://raw.githubusercontent.com/example/root-optimizers/[0-9a-f]{40}/\*""", link);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("CSharp")]
    [InlineData("FSharp")]
    public async Task A_program_restores_it_builds_without_warnings_and_runs(string language)
    {
        var name = $"PackageConsumer.{language}";
        var folder = Directory.CreateTempSubdirectory("root-optimizers-consumer-");
        try
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", name)))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            // What the machine has, libtorch above all, is used where it lies; the packages under test go to this folder alone. What a
            // feed happens to hold is no warning of the packages (Directory.Build.props).
            await Dotnet.Run(folder.FullName, "build", "-c", "Release", "-warnaserror", "-v", "quiet", "-o", "out",
                "-p:WarningsNotAsErrors=\"NU1603;NU1900;NU1901;NU1902;NU1903;NU1904\"", "-p:UseSharedCompilation=false",
                $"-p:RootOptimizersVersion={packages.Version}", $"-p:RestoreAdditionalProjectSources={packages.Path}",
                $"-p:RestoreFallbackFolders={Cache}", $"-p:RestorePackagesPath={folder.FullName}/packages");
            var output = await Dotnet.Run(folder.FullName, $"out/{name}.dll");
            var losses = Regex.Matches(output, @"^\S+: (\S+) -> (\S+)$", RegexOptions.Multiline);
            Assert.Equal(6, losses.Count);
            Assert.All(losses, loss => Assert.True(float.Parse(loss.Groups[2].Value) < float.Parse(loss.Groups[1].Value), output));
            var copied = folder.EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.LinkTarget is null);
            Assert.InRange(copied.Sum(file => file.Length), 0, 20_000_000); // libtorch is linked to. Seen: 1.5 MB
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Cache => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
