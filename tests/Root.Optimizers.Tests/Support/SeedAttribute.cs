using System.Buffers.Binary;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Root.Optimizers.Tests.Support;
using Xunit.v3;
using static TorchSharp.torch;

[assembly: Seed]

namespace Root.Optimizers.Tests.Support;

/// <summary>Seeds torch before every test by the test's name: what it draws does not depend on which tests ran before.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class SeedAttribute : BeforeAfterTestAttribute
{
    // Not string.GetHashCode, which differs from process to process.
    public override void Before(MethodInfo methodUnderTest, IXunitTest test) =>
        random.manual_seed(BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(test.TestDisplayName))));
}
