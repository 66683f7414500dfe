using System.CommandLine;
using Docs;
using Shared;

var folder = new Argument<DirectoryInfo>("FOLDER") { Description = "the repository's" }.AcceptExistingOnly();
var command = new RootCommand("Writes docs/options.md, from the options' doc comments.") { folder };
command.SetAction(given =>
    AtomicFile.Write(Path.Combine(given.GetValue(folder)!.FullName, "docs", "options.md"), OptionsPage.Text()));
return CommandLineProgram.Run(command, args);
