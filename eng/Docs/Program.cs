using Docs;

File.WriteAllText(Path.Combine(args[0], "docs", "options.md"), OptionsPage.Text());
