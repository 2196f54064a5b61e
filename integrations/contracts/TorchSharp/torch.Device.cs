namespace TorchSharp;

public static partial class torch
{
    /// <summary>A device of libtorch.</summary>
    public class Device
    {
        public Device(string description) => throw NotInFeed.Error;

        public Device(string deviceType, int index = -1) => throw NotInFeed.Error;

        public Device(DeviceType deviceType, int index = -1) => throw NotInFeed.Error;

        public Device(int index) => throw NotInFeed.Error;

        public DeviceType type => throw NotInFeed.Error;

        public static implicit operator Device(string description) => throw NotInFeed.Error;
    }
}
