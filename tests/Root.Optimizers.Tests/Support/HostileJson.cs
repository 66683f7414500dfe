using System.Text.Json.Nodes;

namespace Root.Optimizers.Tests.Support;

/// <summary>What an enemy makes of a file.</summary>
public static class HostileJson
{
    private static readonly string[] Values =
    [
        "null", "true", "\"\"", "\"x\"", "\"NaN\"", "\"7\"", "-1", "0", "1", "2", "0.5", "-0.0", "1e39", "1e308", "-1e308", "1e-320",
        "2147483648", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "[]", "{}", "[null]", "[1,2,3]",
        "\"Float64\"", "[0,9223372036854775807]", "[0,4611686018427387904]", "[1,1,1,1,1,1,1,1,1,1]",
    ];

    /// <summary>Changes one member anywhere below a node: another value, the value of another member, a member less or one
    /// more.</summary>
    public static void Change(Random random, JsonNode root)
    {
        var nodes = Below(root).ToArray();
        if (nodes.Length == 0) return;
        var node = nodes[random.Next(nodes.Length)];
        var value = random.Next(4) == 0 ? nodes[random.Next(nodes.Length)].DeepClone() : JsonNode.Parse(Values[random.Next(Values.Length)]);
        switch (node.Parent)
        {
            case JsonArray array:
                if (random.Next(6) == 0) array.Remove(node);
                else if (random.Next(6) == 0) array.Add(value);
                else array[array.IndexOf(node)] = value;
                break;
            case JsonObject parent:
                var name = node.GetPropertyName();
                if (random.Next(6) == 0) parent.Remove(name);
                else if (random.Next(6) == 0) parent["of_the_future"] = value;
                else parent[name] = value;
                break;
        }
    }

    private static IEnumerable<JsonNode> Below(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonArray array => array,
            JsonObject members => members.Select(member => member.Value),
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(child => Below(child).Prepend(child));
    }
}
