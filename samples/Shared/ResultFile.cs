using System.Text.Json;

namespace Shared;

/// <summary>The results of a sample as JSON.</summary>
public static class ResultFile
{
    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static void Write<T>(string path, string data, IReadOnlyList<T> results) =>
        File.WriteAllText(path, JsonSerializer.Serialize(new { data, results }, Json) + "\n");
}
