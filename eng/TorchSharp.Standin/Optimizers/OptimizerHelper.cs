using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>The base of the optimizers written in C#: groups, state by parameter, and their files.</summary>
public abstract class OptimizerHelper : Optimizer
{
    protected OptimizerOptions _defaults;

    protected OrderedDict<IntPtr, OptimizerState> _state = new();

    public OptimizerHelper() : base(IntPtr.Zero)
    {
    }

    protected enum TypeCode
    {
        Double = 0,
        Long = 1,
        Tensor = 2,
        Options = 3,
        State = 4,
    }

    public void save_state_dict(string location)
    {
        using var writer = new BinaryWriter(File.Create(location));
        save_state_dict(writer);
    }

    public void load_state_dict(string location)
    {
        using var reader = new BinaryReader(File.OpenRead(location));
        load_state_dict(reader);
    }

    public void save_state_dict(BinaryWriter writer)
    {
        writer.Write(GetType().Name);
        var dictionary = state_dict();
        writer.Encode(dictionary.Options.Count);
        writer.Encode(dictionary.State.Count);
        foreach (var options in dictionary.Options) options.SaveStateDict(writer);
        foreach (var state in dictionary.State) state.SaveStateDict(writer);
    }

    public void load_state_dict(BinaryReader reader)
    {
        var found = reader.ReadString();
        if (found != GetType().Name)
            throw new InvalidDataException($"The stream holds the state of {found}, not of {GetType().Name}.");
        var groups = reader.Decode();
        var states = reader.Decode();
        var dictionary = state_dict();
        CheckCounts(dictionary, groups, states);
        foreach (var options in dictionary.Options) options.LoadStateDict(reader);
        foreach (var state in dictionary.State) state.LoadStateDict(reader);
    }

    public virtual void load_state_dict(StateDictionary state_dict)
    {
        var own = this.state_dict();
        CheckCounts(own, state_dict.Options.Count, state_dict.State.Count);
        foreach (var (mine, source) in own.Options.Zip(state_dict.Options))
            if (mine != source) mine.LoadStateDict(source);
        foreach (var (mine, source) in own.State.Zip(state_dict.State))
            if (mine != source) mine.LoadStateDict(source);
    }

    private static void CheckCounts(StateDictionary dictionary, long groups, long states)
    {
        if (groups != dictionary.Options.Count)
            throw new ArgumentException($"The state has {groups} groups, the optimizer {dictionary.Options.Count}.");
        if (states != dictionary.State.Count)
            throw new ArgumentException($"The state has {states} parameters, the optimizer {dictionary.State.Count}.");
    }

    public virtual StateDictionary state_dict()
    {
        var dictionary = new StateDictionary();
        foreach (var group in _parameter_groups)
        {
            dictionary.Options.Add(group.Options);
            var indices = new List<int>();
            dictionary.StateIndexRef.Add(indices);
            foreach (var parameter in group.Parameters)
            {
                indices.Add(dictionary.State.Count);
                dictionary.State.Add(_state[parameter.Handle]);
            }
        }
        return dictionary;
    }

    public void to(Device device)
    {
        foreach (var parameter in OfAllGroups) _state[parameter.Handle].to(device);
    }

    public override void zero_grad()
    {
        foreach (var parameter in OfAllGroups)
        {
            using var grad = parameter.grad;
            grad?.zero_();
        }
    }

    protected Tensor _step<T>(Action<T> body, Func<Tensor> loss_closure = null) where T : ParamGroup
    {
        Tensor loss = null;
        if (loss_closure is not null)
        {
            using (enable_grad()) loss = loss_closure();
        }
        using (no_grad())
        using (NewDisposeScope())
        {
            foreach (var group in _parameter_groups) body(group as T);
        }
        return loss;
    }

    public override IEnumerable<Parameter> parameters() => OfAllGroups;

    private IEnumerable<Parameter> OfAllGroups => _parameter_groups.SelectMany(group => group.Parameters);

    public override void add_param_group(ParamGroup param_group) => _parameter_groups.Add(param_group);
}
