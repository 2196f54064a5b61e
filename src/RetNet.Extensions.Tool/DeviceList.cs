using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;

namespace RetNet.Extensions.Tool;

/// <summary>The output of <c>retnet info --devices</c>: the available devices, and why others are missing.</summary>
internal static class DeviceList
{
    public static void Write(CommandContext context)
    {
        IReadOnlyList<DeviceInfo> devices = ModelEngines.Devices;
        (string Kind, string Reason)[] missing =
        [
            .. Enum.GetValues<DeviceKind>().Where(kind => devices.All(info => info.Device.Kind != kind))
            .Select(kind => new ComputeDevice(kind)).Select(
                device => (device.Kind == DeviceKind.Cuda ? "cuda" : device.ToString(), NoEngine ?? ModelEngines.Missing(device)!)),
        ];
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteStartArray("devices");
                foreach (DeviceInfo info in devices)
                {
                    json.WriteStartObject();
                    json.WriteString("name", info.Device.ToString());
                    json.WriteString("description", info.Description);
                    json.WriteString("engine", Engine(info.Device));
                    json.WriteOptional("total_bytes", info.TotalBytes);
                    json.WriteOptional("free_bytes", Free(info.Device));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteStartObject("missing");
                foreach ((string kind, string reason) in missing)
                    json.WriteString(kind, reason);
                json.WriteEndObject();
            });
            return;
        }

        context.WriteFacts(
        [
            .. devices.Select(info => (info.Device.ToString(), $"{info.Description}; {Memory(info)}; engine {Engine(info.Device)}")),
            .. missing.GroupBy(one => one.Reason)
            .Select(group => (string.Join(", ", group.Select(one => one.Kind)), $"missing: {group.Key}")),
        ]);
    }

    // The reason that all devices but the CPU share.
    private static string? NoEngine => ModelEngines.Installed is { } engine
        ? engine.Unavailable
        : $"this program does not include the package {ModelEngines.Package}.";

    private static string Engine(ComputeDevice device) => device == ComputeDevice.Cpu ? "managed" : ModelEngines.Installed!.Name;

    private static long? Free(ComputeDevice device) => device == ComputeDevice.Cpu ? null : ModelEngines.Installed!.FreeBytes(device);

    private static string Memory(DeviceInfo info)
    {
        string total = info.TotalBytes is { } bytes ? $"{bytes:N0} bytes" : "memory unknown";
        return Free(info.Device) is { } free ? $"{total}, {free:N0} free" : total;
    }
}
