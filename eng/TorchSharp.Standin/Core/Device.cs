namespace TorchSharp;

public static partial class torch
{
    public class Device
    {
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Parse(parts[0]);
            if (parts.Length == 2) index = int.Parse(parts[1]);
        }

        public Device(string deviceType, int index = -1) => (type, this.index) = (Parse(deviceType), index);

        public Device(DeviceType deviceType, int index = -1) => (type, this.index) = (deviceType, index);

        public Device(int index) => (type, this.index) = (DeviceType.CUDA, index);

        public DeviceType type { get; private set; }

        public int index { get; private set; } = -1;

        public override string ToString() =>
            type == DeviceType.CPU ? "cpu" : type.ToString().ToLower() + (index == -1 ? "" : $":{index}");

        public static implicit operator Device(string description) => new(description);

        private static DeviceType Parse(string name) => (DeviceType)Enum.Parse(typeof(DeviceType), name.ToUpper());
    }

    private static Device s_cuda;

    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device META = new(DeviceType.META);
    public static Device CUDA => s_cuda ??= InitializeDevice(new Device(DeviceType.CUDA));

    public static Device device(string description) => InitializeDevice(new Device(description));
    public static Device device(string deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));
    public static Device device(DeviceType deviceType, int index = -1) =>
        InitializeDevice(new Device(deviceType, index));
    public static Device device(int index) => new(DeviceType.CUDA, index);
}
