#nullable enable
using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                CheckFloating(dtype);
                if (device.type != DeviceType.CUDA) device = new Device(device.type, -1);
                CheckAvailable(device.type);
                ConvertNative(dtype, device);
                _toEpilog(device, dtype, non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                if (deviceType != DeviceType.CUDA) deviceIndex = -1;
                CheckAvailable(deviceType);
                if (deviceType == _deviceType && deviceIndex == _deviceIndex) return this;
                ConvertNative(null, new Device(deviceType, deviceIndex));
                _toEpilog(deviceType, deviceIndex, non_blocking);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                CheckFloating(dtype);
                ConvertNative(dtype, null);
                _toEpilog(dtype, non_blocking);
                return this;
            }

            public Module _to(Tensor other, bool non_blocking)
            {
                _to(other.dtype, non_blocking);
                return _to(other.device_type, other.device_index, non_blocking);
            }

            private static void CheckFloating(ScalarType dtype)
            {
                if (!IsConvertible(dtype))
                    throw new ArgumentException($"A module is of a floating point or complex type, not of {dtype}.");
            }

            private static void CheckAvailable(DeviceType type)
            {
                if (type == DeviceType.CUDA && !cuda.is_available())
                    throw new InvalidOperationException("CUDA is not available.");
            }

            private static bool IsConvertible(ScalarType dtype) => is_floating_point(dtype) || is_complex(dtype);

            /// <summary>
            /// Converts what a module keeps in libtorch's own modules in TorchSharp, where a conversion changes the
            /// tensors and not the objects that hold them.
            /// </summary>
            internal virtual void ConvertNative(ScalarType? dtype, Device? device)
            {
            }

            protected void _toEpilog(ScalarType dtype, bool non_blocking) => _toEpilog(dtype, null, non_blocking);

            protected void _toEpilog(Device device, ScalarType dtype, bool non_blocking) =>
                _toEpilog(dtype, device, non_blocking);

            protected void _toEpilog(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);

            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach (var module in children())
                {
                    if (device is null) module._to(dtype!.Value, non_blocking);
                    else if (dtype is null) module._to(device.type, device.index, non_blocking);
                    else module._to(device, dtype.Value, non_blocking);
                }
                ReplaceOwn(dtype, device);
                if (device is null) return;
                _deviceType = device.type;
                _deviceIndex = device.index;
            }

            /// <summary>
            /// Puts converted tensors into the properties, or else the fields, that hold the old ones. A module with
            /// two indexers, such as ModuleDict, cannot be converted: TorchSharp throws for the name they share.
            /// </summary>
            internal Module ReplaceOwn(ScalarType? dtype, Device? device)
            {
                var fields = AllFields().ToDictionary(field => field.ComponentName());
                var properties = GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .ToDictionary(property => property.Name);

                foreach (var (name, parameter) in named_parameters(false).ToList())
                {
                    if (!ReplaceParameter(dtype, device, parameter, out var replacement)) continue;
                    if (properties.TryGetValue(name, out var property))
                    {
                        property.SetValue(this, replacement);
                        continue;
                    }
                    parameter.Dispose();
                    ConditionallyRegisterParameter(name, replacement);
                    if (fields.TryGetValue(name, out var field)) field.SetValue(this, replacement);
                }

                foreach (var (name, buffer) in named_buffers(false).ToList())
                {
                    if (!ReplaceBuffer(dtype, device, buffer, out var replacement)) continue;
                    if (properties.TryGetValue(name, out var property))
                    {
                        property.SetValue(this, replacement);
                        continue;
                    }
                    ConditionallyRegisterBuffer(name, replacement);
                    if (fields.TryGetValue(name, out var field)) field.SetValue(this, replacement);
                }
                return this;
            }

            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer,
                out Tensor? result)
            {
                result = WillCopy(buffer, dtype, device)
                    ? buffer.to(TargetType(buffer, dtype), device ?? buffer.device, disposeAfter: true)
                        .DetachFromDisposeScope()
                    : null;
                return result is not null;
            }

            /// <summary>Makes a new leaf, with the gradient converted too, if either has to change.</summary>
            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param,
                out Parameter? p)
            {
                p = null;
                using var grad = param.grad;
                if (!WillCopy(param, dtype, device) && (grad is null || !WillCopy(grad, dtype, device))) return false;
                using var guard = no_grad();
                var (type, target) = (TargetType(param, dtype), device ?? param.device);
                p = new Parameter(param.to(type, target), param.requires_grad);
                p.DetachFromDisposeScope();
                if (grad is null) return true;
                using var converted = grad.to(type, target).with_requires_grad(grad.requires_grad);
                p.grad = converted;
                return true;
            }

            private static bool WillCopy(Tensor tensor, ScalarType? dtype, Device? device) =>
                (dtype is { } type && type != tensor.dtype) || (device is not null
                    && (device.type != tensor.device_type || device.index != tensor.device_index));

            private static ScalarType TargetType(Tensor tensor, ScalarType? dtype) =>
                dtype is { } type && IsConvertible(tensor.dtype) ? type : tensor.dtype;

            protected static (Device device, ScalarType dtype) GetDefaultDeviceAndType(Device? device = null,
                ScalarType? dtype = null) =>
                (device ?? get_default_device(), dtype ?? get_default_dtype());

            /// <summary>Converts a module just made to the type and device asked for, or the defaults.</summary>
            internal T MoveModule<T>(Device? device, ScalarType? dtype) where T : Module
            {
                var (targetDevice, targetType) = GetDefaultDeviceAndType(device, dtype);
                return (T)_to(targetDevice, targetType, false);
            }
        }
    }
}
