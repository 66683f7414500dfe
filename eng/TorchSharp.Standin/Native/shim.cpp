// A small C interface over libtorch: one entry that calls any ATen operator by its schema, and a few for what is no
// operator. It keeps to what libtorch 1.13 and PyTorch 2.x have in common.
//
// Conventions: a Tensor handle is a heap-allocated at::Tensor that the caller owns. A function that can fail returns
// null or a negative number and leaves libtorch's message for standin_error.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/api/include/torch/cuda.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

using at::Tensor;
using c10::IValue;
using c10::TypeKind;

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
template <class T>
using Optional = std::optional<T>;
#else
template <class T>
using Optional = c10::optional<T>;
#endif

enum class Tag : int32_t {
    None, Tensor, Int, Double, Bool, Complex, IntList, DoubleList, TensorList, String, Device, Generator
};

// One argument or result. A list is a pointer and a length; a device is its type in `length` and its index in `i`;
// a complex number is a pointer to two doubles.
struct Value {
    Tag tag;
    int32_t length;
    union {
        int64_t i;
        double d;
        void* p;
    };
};

thread_local std::string last_error;
thread_local std::vector<Value> results;
thread_local std::vector<double> complex_results;

Tensor* own(Tensor t) { return t.defined() ? new Tensor(std::move(t)) : nullptr; }
Tensor get(Tensor* t) { return t ? *t : Tensor(); }

template <class F, class R>
R guarded(F body, R failed) {
    try {
        return body();
    } catch (const std::exception& e) {
        last_error = e.what();
    } catch (...) {
        last_error = "An exception of an unknown type was thrown by libtorch.";
    }
    return failed;
}

template <class F>
Tensor* guarded_tensor(F body) {
    return guarded([&] { return own(body()); }, static_cast<Tensor*>(nullptr));
}

template <class F>
int guarded_void(F body) {
    return guarded([&] { body(); return 0; }, -1);
}

// What the schema wants, so that an integer can be given where it says float, or one number where it says a list.
struct Parameter {
    std::string name;
    TypeKind kind;      // with Optional taken off
    TypeKind element;   // of a list; Optional stays, for only that makes a list with gaps
    bool has_default;
    IValue standard;
};

struct Operator {
    c10::OperatorHandle handle;
    std::vector<Parameter> parameters;
};

c10::TypePtr without_optional(c10::TypePtr type) {
    if (auto optional = type->cast<c10::OptionalType>()) return optional->getElementType();
    return type;
}

Operator* find(const char* name, const char* overload) {
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    auto op = new Operator{handle, {}};
    for (const auto& argument : handle.schema().arguments()) {
        auto type = without_optional(argument.type());
        auto element = TypeKind::NoneType;
        if (auto list = type->cast<c10::ListType>()) element = list->getElementType()->kind();
        auto standard = argument.default_value();
        op->parameters.push_back({argument.name(), type->kind(), element, standard.has_value(),
                                  standard.has_value() ? *standard : IValue()});
    }
    return op;
}

double as_double(const Value& v) { return v.tag == Tag::Double ? v.d : static_cast<double>(v.i); }
int64_t as_int(const Value& v) { return v.tag == Tag::Double ? static_cast<int64_t>(v.d) : v.i; }

IValue int_list(const Value& v) {
    if (v.tag != Tag::IntList) return std::vector<int64_t>{as_int(v)};
    auto data = static_cast<const int64_t*>(v.p);
    return std::vector<int64_t>(data, data + v.length);
}

IValue double_list(const Value& v) {
    std::vector<double> list;
    auto ints = static_cast<const int64_t*>(v.p);
    auto doubles = static_cast<const double*>(v.p);
    if (v.tag == Tag::IntList) list.assign(ints, ints + v.length);
    else if (v.tag == Tag::DoubleList) list.assign(doubles, doubles + v.length);
    else list.push_back(as_double(v));
    return list;
}

IValue bool_list(const Value& v) {
    c10::List<bool> list;
    auto data = static_cast<const int64_t*>(v.p);
    for (int32_t i = 0; i < v.length; i++) list.push_back(data[i] != 0);
    return list;
}

IValue tensor_list(const Value& v) {
    auto data = static_cast<Tensor* const*>(v.p);
    std::vector<Tensor> list;
    for (int32_t i = 0; i < v.length; i++) list.push_back(get(data[i]));
    return list;
}

IValue optional_tensor_list(const Value& v) {
    auto data = static_cast<Tensor* const*>(v.p);
    c10::List<Optional<Tensor>> list;
    for (int32_t i = 0; i < v.length; i++)
        list.push_back(data[i] ? Optional<Tensor>(*data[i]) : Optional<Tensor>());
    return list;
}

IValue as_given(const Value& v) {
    switch (v.tag) {
        case Tag::None: return {};
        case Tag::Tensor: return *static_cast<Tensor*>(v.p);
        case Tag::Int: return v.i;
        case Tag::Double: return v.d;
        case Tag::Bool: return v.i != 0;
        case Tag::Complex: return c10::complex<double>(static_cast<double*>(v.p)[0], static_cast<double*>(v.p)[1]);
        case Tag::IntList: return int_list(v);
        case Tag::DoubleList: return double_list(v);
        case Tag::TensorList: return tensor_list(v);
        case Tag::String: return std::string(static_cast<const char*>(v.p), v.length);
        case Tag::Device:
            return c10::Device(static_cast<c10::DeviceType>(v.length), static_cast<c10::DeviceIndex>(v.i));
        case Tag::Generator: return *static_cast<at::Generator*>(v.p);
    }
    return {};
}

IValue convert(const Value& v, const Parameter& parameter) {
    if (v.tag == Tag::None) return {};
    switch (parameter.kind) {
        case TypeKind::FloatType: return as_double(v);
        case TypeKind::IntType:
        case TypeKind::SymIntType: return as_int(v);
        case TypeKind::BoolType: return as_int(v) != 0;
        case TypeKind::ListType:
            switch (parameter.element) {
                case TypeKind::IntType:
                case TypeKind::SymIntType: return int_list(v);
                case TypeKind::FloatType: return double_list(v);
                case TypeKind::BoolType: return bool_list(v);
                case TypeKind::OptionalType: return optional_tensor_list(v);
                default: return as_given(v);
            }
        default: return as_given(v);
    }
}

Value tensor_value(const Tensor& t) {
    Value v{Tag::Tensor, 0, {}};
    v.p = own(t);
    return v;
}

void push_result(const IValue& value) {
    Value v{Tag::None, 0, {}};
    if (value.isTensor()) {
        v = tensor_value(value.toTensor());
    } else if (value.isTensorList()) {
        for (const Tensor& t : value.toTensorList()) results.push_back(tensor_value(t));
        return;
    } else if (value.isDouble()) {
        v.tag = Tag::Double;
        v.d = value.toDouble();
    } else if (value.isBool()) {
        v.tag = Tag::Bool;
        v.i = value.toBool();
    } else if (value.isInt()) {
        v.tag = Tag::Int;
        v.i = value.toInt();
    } else if (value.isComplexDouble()) {
        auto z = value.toComplexDouble();
        complex_results = {z.real(), z.imag()};
        v.tag = Tag::Complex;
        v.p = complex_results.data();
    } else {
        TORCH_CHECK(value.isNone(), "A result of this type cannot be passed on: ", value.tagKind());
    }
    results.push_back(v);
}

}  // namespace

EXPORT const char* standin_error() { return last_error.c_str(); }
EXPORT const char* standin_version() { return TORCH_VERSION; }

// ---- operators

EXPORT void* standin_find(const char* name, const char* overload) {
    return guarded([&] { return static_cast<void*>(find(name, overload)); }, static_cast<void*>(nullptr));
}

// Missing trailing arguments take the schema's defaults. The results stay where `out` says until this thread's next
// call; where `out` is null they are dropped, which spares an in-place operator a handle. Returns how many there are.
EXPORT int32_t standin_call(const Operator* op, const Value* arguments, int32_t count, Value** out) {
    return guarded([&]() -> int32_t {
        thread_local std::vector<IValue> stack;
        stack.clear();
        const auto& parameters = op->parameters;
        TORCH_CHECK(static_cast<size_t>(count) <= parameters.size(), op->handle.schema().name(), " takes ",
                    parameters.size(), " arguments, but ", count, " were given.");
        for (size_t i = 0; i < parameters.size(); i++) {
            const auto& parameter = parameters[i];
            if (i < static_cast<size_t>(count)) {
                stack.push_back(convert(arguments[i], parameter));
            } else {
                TORCH_CHECK(parameter.has_default, op->handle.schema().name(), " is missing its argument '",
                            parameter.name, "'.");
                stack.push_back(parameter.standard);
            }
        }
        op->handle.callBoxed(&stack);
        results.clear();
        if (out) {
            for (const auto& value : stack) push_result(value);
            *out = results.data();
        }
        stack.clear();
        return static_cast<int32_t>(results.size());
    }, -1);
}

// ---- tensors

EXPORT void standin_dispose(Tensor* t) { delete t; }
EXPORT Tensor* standin_share(Tensor* t) { return new Tensor(*t); }
EXPORT int64_t standin_dim(Tensor* t) { return t->dim(); }
EXPORT int64_t standin_numel(Tensor* t) { return t->numel(); }
EXPORT int64_t standin_element_size(Tensor* t) { return t->element_size(); }
EXPORT int32_t standin_dtype(Tensor* t) { return static_cast<int32_t>(t->scalar_type()); }
EXPORT int32_t standin_device_type(Tensor* t) { return static_cast<int32_t>(t->device().type()); }
EXPORT int32_t standin_device_index(Tensor* t) { return t->device().index(); }
EXPORT int32_t standin_requires_grad(Tensor* t) { return t->requires_grad(); }
EXPORT int32_t standin_is_leaf(Tensor* t) { return t->is_leaf(); }
EXPORT int32_t standin_is_sparse(Tensor* t) { return t->is_sparse(); }

EXPORT const int64_t* standin_sizes(Tensor* t) {
    return guarded([&] { return t->sizes().data(); }, static_cast<const int64_t*>(nullptr));
}
EXPORT const int64_t* standin_strides(Tensor* t) {
    return guarded([&] { return t->strides().data(); }, static_cast<const int64_t*>(nullptr));
}
EXPORT int32_t standin_is_contiguous(Tensor* t) {
    return guarded([&] { return t->is_contiguous() ? 1 : 0; }, -1);
}
EXPORT int64_t standin_storage_offset(Tensor* t) {
    return guarded([&]() -> int64_t { return t->storage_offset(); }, static_cast<int64_t>(-1));
}
EXPORT void* standin_data(Tensor* t) {
    return guarded([&] { return t->data_ptr(); }, static_cast<void*>(nullptr));
}
EXPORT void* standin_storage_data(Tensor* t, int64_t* bytes) {
    return guarded([&] {
        *bytes = static_cast<int64_t>(t->storage().nbytes());
        return t->storage().data_ptr().get();
    }, static_cast<void*>(nullptr));
}
EXPORT int standin_set_requires_grad(Tensor* t, int32_t value) {
    return guarded_void([&] { t->set_requires_grad(value != 0); });
}
// Null without a failure where there is none.
EXPORT Tensor* standin_grad(Tensor* t) { return own(t->grad()); }
EXPORT int standin_set_grad(Tensor* t, Tensor* grad) {
    return guarded_void([&] { t->mutable_grad() = get(grad); });
}

// Elements of the type `from` in memory become a tensor. With a `release` the tensor shares the memory where it can
// (the same type, on the CPU), and `release` gets `owner` when it is done; without, the memory is copied.
EXPORT Tensor* standin_from_memory(void* data, const int64_t* sizes, int32_t dim, int32_t from, int32_t to,
                                   int32_t device, int32_t index, int32_t requires_grad, void (*release)(void*),
                                   void* owner) {
    return guarded_tensor([&] {
        at::IntArrayRef shape(sizes, dim);
        auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(from));
        auto shared = release ? at::from_blob(data, shape, [=](void*) { release(owner); }, options)
                              : at::from_blob(data, shape, options);
        c10::Device where(static_cast<c10::DeviceType>(device), static_cast<c10::DeviceIndex>(index));
        auto t = shared.to(where, static_cast<at::ScalarType>(to), false, release == nullptr);
        return t.set_requires_grad(requires_grad != 0);
    });
}

// ---- indexing

// One place of t[a, b:c, ...]. The kinds are those of TensorIndex.Kind; the bits of `given` tell which of start, stop
// and step are.
struct Index {
    int32_t kind;
    int32_t given;
    int64_t start, stop, step;
    Tensor* tensor;
};

static std::vector<at::indexing::TensorIndex> indices(const Index* given, int32_t count) {
    using namespace at::indexing;
    std::vector<TensorIndex> all;
    for (const Index* i = given; i < given + count; i++) {
        auto number = [&](int bit, int64_t n) { return i->given & bit ? Optional<int64_t>(n) : Optional<int64_t>(); };
        switch (i->kind) {
            case 1: all.emplace_back(i->start); break;
            case 3: all.emplace_back(Ellipsis); break;
            case 4: all.emplace_back(i->start != 0); break;
            case 5: all.emplace_back(*i->tensor); break;
            case 6: all.emplace_back(Slice(number(1, i->start), number(2, i->stop), number(4, i->step))); break;
            default: all.emplace_back(None); break;
        }
    }
    return all;
}

static Tensor pick(Tensor t, const int64_t* places, int32_t count) {
    for (int32_t i = 0; i < count; i++) t = t[places[i]];
    return t;
}

EXPORT Tensor* standin_index(Tensor* t, const Index* given, int32_t count) {
    return guarded_tensor([&] { return t->index(indices(given, count)); });
}
EXPORT int standin_index_put(Tensor* t, const Index* given, int32_t count, const Value* value, int32_t accumulate) {
    return guarded_void([&] {
        if (accumulate) {
            c10::List<Optional<Tensor>> tensors;
            for (int32_t i = 0; i < count; i++) tensors.push_back(Optional<Tensor>(*given[i].tensor));
            t->index_put_(tensors, *static_cast<Tensor*>(value->p), true);
        } else if (value->tag == Tag::Tensor) {
            t->index_put_(indices(given, count), *static_cast<Tensor*>(value->p));
        } else {
            t->index_put_(indices(given, count), as_given(*value).toScalar());
        }
    });
}
EXPORT Tensor* standin_pick(Tensor* t, const int64_t* places, int32_t count) {
    return guarded_tensor([&] { return pick(*t, places, count); });
}
EXPORT int standin_pick_put(Tensor* t, const int64_t* places, int32_t count, Tensor* value) {
    return guarded_void([&] { pick(*t, places, count).copy_(*value); });
}

// ---- autograd

EXPORT int standin_backward(Tensor** tensors, int32_t count, Tensor** gradients, int32_t retain_graph,
                            int32_t create_graph, Tensor** inputs, int32_t input_count) {
    return guarded_void([&] {
        std::vector<Tensor> roots, seeds, leaves;
        for (int32_t i = 0; i < count; i++) roots.push_back(*tensors[i]);
        if (gradients) for (int32_t i = 0; i < count; i++) seeds.push_back(get(gradients[i]));
        for (int32_t i = 0; i < input_count; i++) leaves.push_back(*inputs[i]);
        torch::autograd::backward(roots, seeds, retain_graph != 0, create_graph != 0, leaves);
    });
}

// Writes one handle for each input: null where the outputs do not depend on it.
EXPORT int standin_autograd_grad(Tensor** outputs, int32_t count, Tensor** inputs, int32_t input_count,
                                 Tensor** gradients, int32_t gradient_count, int32_t retain_graph,
                                 int32_t create_graph, int32_t allow_unused, Tensor** out) {
    return guarded_void([&] {
        std::vector<Tensor> roots, leaves, seeds;
        for (int32_t i = 0; i < count; i++) roots.push_back(*outputs[i]);
        for (int32_t i = 0; i < input_count; i++) leaves.push_back(*inputs[i]);
        for (int32_t i = 0; i < gradient_count; i++) seeds.push_back(get(gradients[i]));
        auto found = torch::autograd::grad(roots, leaves, seeds, retain_graph != 0, create_graph != 0,
                                           allow_unused != 0);
        for (size_t i = 0; i < found.size(); i++) out[i] = own(found[i]);
    });
}

EXPORT int32_t standin_grad_enabled() { return c10::GradMode::is_enabled(); }
EXPORT void standin_set_grad_enabled(int32_t value) { c10::GradMode::set_enabled(value != 0); }
EXPORT void* standin_inference_begin(int32_t value) { return new c10::InferenceMode(value != 0); }
EXPORT void standin_inference_end(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }
EXPORT int32_t standin_inference_enabled() { return c10::InferenceMode::is_enabled(); }

// ---- random numbers

EXPORT int standin_manual_seed(int64_t seed) {
    return guarded_void([&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}
EXPORT void* standin_default_generator(int32_t device, int32_t index) {
    return guarded([&] {
        c10::Device where(static_cast<c10::DeviceType>(device), static_cast<c10::DeviceIndex>(index));
        return static_cast<void*>(new at::Generator(at::globalContext().defaultGenerator(where)));
    }, static_cast<void*>(nullptr));
}
// A generator of its own is a copy of the device's default one, which no CUDA header is needed for.
EXPORT void* standin_new_generator(int64_t seed, int32_t device, int32_t index) {
    return guarded([&] {
        c10::Device where(static_cast<c10::DeviceType>(device), static_cast<c10::DeviceIndex>(index));
        auto generator = at::globalContext().defaultGenerator(where).clone();
        generator.set_current_seed(static_cast<uint64_t>(seed));
        return static_cast<void*>(new at::Generator(generator));
    }, static_cast<void*>(nullptr));
}
EXPORT void standin_dispose_generator(at::Generator* generator) { delete generator; }
EXPORT int standin_generator_set_seed(at::Generator* generator, int64_t seed) {
    return guarded_void([&] {
        std::lock_guard<std::mutex> lock(generator->mutex());
        generator->set_current_seed(static_cast<uint64_t>(seed));
    });
}
EXPORT int64_t standin_generator_seed(at::Generator* generator) {
    return static_cast<int64_t>(generator->current_seed());
}
EXPORT int64_t standin_generator_reseed(at::Generator* generator) {
    std::lock_guard<std::mutex> lock(generator->mutex());
    return static_cast<int64_t>(generator->seed());
}
EXPORT Tensor* standin_generator_state(at::Generator* generator) {
    return guarded_tensor([&] {
        std::lock_guard<std::mutex> lock(generator->mutex());
        return generator->get_state();
    });
}
EXPORT int standin_generator_set_state(at::Generator* generator, Tensor* state) {
    return guarded_void([&] {
        std::lock_guard<std::mutex> lock(generator->mutex());
        generator->set_state(*state);
    });
}

// ---- the machine

EXPORT int32_t standin_get_num_threads() { return at::get_num_threads(); }
EXPORT int standin_set_num_threads(int32_t n) { return guarded_void([&] { at::set_num_threads(n); }); }
EXPORT int32_t standin_get_num_interop_threads() { return at::get_num_interop_threads(); }
EXPORT int standin_set_num_interop_threads(int32_t n) {
    return guarded_void([&] { at::set_num_interop_threads(n); });
}
EXPORT int32_t standin_cuda_available() { return torch::cuda::is_available(); }
EXPORT int32_t standin_cudnn_available() { return torch::cuda::cudnn_is_available(); }
EXPORT int32_t standin_cuda_device_count() { return static_cast<int32_t>(torch::cuda::device_count()); }
EXPORT int standin_cuda_synchronize(int64_t device) {
    return guarded_void([&] { torch::cuda::synchronize(device); });
}
EXPORT int standin_cuda_manual_seed(int64_t seed, int32_t all) {
    return guarded_void([&] {
        auto value = static_cast<uint64_t>(seed);
        all ? torch::cuda::manual_seed_all(value) : torch::cuda::manual_seed(value);
    });
}
EXPORT int32_t standin_allow_tf32(int32_t set, int32_t value) {
    if (set) at::globalContext().setAllowTF32CuBLAS(value != 0);
    return at::globalContext().allowTF32CuBLAS();
}
EXPORT int32_t standin_allow_tf32_cudnn(int32_t set, int32_t value) {
    if (set) at::globalContext().setAllowTF32CuDNN(value != 0);
    return at::globalContext().allowTF32CuDNN();
}
