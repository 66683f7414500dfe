using System.Text.Json;

namespace Shared;

/// <summary>Results as JSON.</summary>
public static class ResultFile
{
    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static void Write(string path, object results) => AtomicFile.Write(path, JsonSerializer.Serialize(results, Json) + "\n");
}
