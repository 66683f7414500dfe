module Root.Optimizers.FSharp.Tests.DoorTests

open System
open Root.Optimizers
open Root.Optimizers.Modular
open TorchSharp
open TorchSharp.Modules
open Xunit

let newModel () =
    torch.manual_seed 1L |> ignore
    let linear (inputs: int64) (outputs: int64) : torch.nn.Module<torch.Tensor, torch.Tensor> =
        torch.nn.Linear(inputs, outputs, hasBias = false)
    torch.nn.Sequential(("a", linear 6L 4L), ("b", linear 4L 6L))

/// It has one group of this learning rate and momentum, and steps.
let steps (model: Sequential) lr momentum (optimizer: MatrixOptimizer) =
    use optimizer = optimizer
    let group = Assert.Single optimizer.ParamGroups
    Assert.Equal(lr, group.LearningRate)
    Assert.Equal(momentum, (group :> obj :?> torch.optim.IMomentum).Momentum)
    let parameters = Seq.toArray (model.parameters ())
    let before = parameters |> Array.map (fun p -> p.detach().clone())
    for p in parameters do
        p.grad <- torch.randn p.shape
    optimizer.step () |> ignore
    for b, p in Array.zip before parameters do
        Assert.False(b.Equals(p.detach ()))

[<Fact>]
let ``TorchOptim takes every source with named arguments`` () =
    let model = newModel ()
    TorchOptim.ROOT(model.parameters ()) |> steps model 1e-3 0.95
    TorchOptim.ROOT(model.parameters (), lr = 2e-3) |> steps model 2e-3 0.95
    TorchOptim.ROOT(model.named_parameters (), lr = 2e-3, momentum = 0.8) |> steps model 2e-3 0.8
    TorchOptim.ROOT(model, 2e-3) |> steps model 2e-3 0.95
    TorchOptim.Muon(model.parameters (), lr = 2e-3) |> steps model 2e-3 0.95
    TorchOptim.Muon(model.named_parameters (), lr = 2e-3, ns_steps = 4) |> steps model 2e-3 0.95
    TorchOptim.Muon(model, lr = 2e-3, momentum = 0.8) |> steps model 2e-3 0.8
    TorchOptim.ManifoldMuon(model.parameters (), lr = 2e-3) |> steps model 2e-3 0.0
    TorchOptim.ManifoldMuon(model.named_parameters (), lr = 2e-3) |> steps model 2e-3 0.0
    TorchOptim.ManifoldMuon(model, solver = StiefelSolver.Exact()) |> steps model 0.1 0.0
    TorchOptim.HypersphericalDescent(model.parameters (), lr = 2e-3) |> steps model 2e-3 0.0
    TorchOptim.HypersphericalDescent(model.named_parameters (), lr = 2e-3) |> steps model 2e-3 0.0
    TorchOptim.HypersphericalDescent(model, momentum = 0.8) |> steps model 0.1 0.8

[<Fact>]
let ``TorchOptim takes options`` () =
    let model = newModel ()
    TorchOptim.ROOT(model.parameters (), RootOptimizer.Options(LearningRate = 2e-3, momentum = 0.8)) |> steps model 2e-3 0.8
    TorchOptim.Muon(model, Muon.Options(LearningRate = 2e-3, momentum = 0.8)) |> steps model 2e-3 0.8
    TorchOptim.ManifoldMuon(model, ManifoldMuon.Options(LearningRate = 2e-3, momentum = 0.8)) |> steps model 2e-3 0.8
    TorchOptim.HypersphericalDescent(model, HypersphericalDescent.Options(momentum = 0.8)) |> steps model 0.1 0.8

[<Fact>]
let ``Constructors take every source, a learning rate and options`` () =
    let model = newModel ()
    new RootOptimizer(model.parameters ()) |> steps model 1e-3 0.95
    new RootOptimizer(model, 2e-3) |> steps model 2e-3 0.95
    new RootOptimizer(model.named_parameters (), lr = 2e-3) |> steps model 2e-3 0.95
    new RootOptimizer(model.parameters (), RootOptimizer.Options(LearningRate = 2e-3, momentum = 0.8)) |> steps model 2e-3 0.8
    new Muon(model) |> steps model 1e-3 0.95
    new Muon(model.parameters (), lr = 2e-3) |> steps model 2e-3 0.95
    new Muon(model.named_parameters (), lr = 2e-3, options = Muon.Options(momentum = 0.8)) |> steps model 2e-3 0.8
    new ManifoldMuon(model, lr = 2e-3) |> steps model 2e-3 0.0
    new ManifoldMuon(model.parameters (), ManifoldMuon.Options(LearningRate = 2e-3)) |> steps model 2e-3 0.0
    new HypersphericalDescent(model, lr = 2e-3) |> steps model 2e-3 0.0
    new HypersphericalDescent(model.parameters (), HypersphericalDescent.Options(LearningRate = 2e-3)) |> steps model 2e-3 0.0

[<Fact>]
let ``Lists of parameters and of names and parameters are sources`` () =
    let model = newModel ()
    let p1, p2 = Seq.head (model.parameters ()), Seq.last (model.parameters ())
    new Muon([ p1; p2 ]) |> steps model 1e-3 0.95
    new Muon([ p1; p2 ], lr = 2e-3) |> steps model 2e-3 0.95
    new Muon([ struct ("a", p1); struct ("b", p2) ], lr = 2e-3) |> steps model 2e-3 0.95
    TorchOptim.Muon([ p1; p2 ], lr = 2e-3) |> steps model 2e-3 0.95
    TorchOptim.ROOT([ struct ("a", p1); struct ("b", p2) ], lr = 2e-3) |> steps model 2e-3 0.95
    // A ParameterList is a module, too, and a list: in F# one says which.
    new Muon(torch.nn.ParameterList(p1, p2).parameters (), lr = 2e-3) |> steps model 2e-3 0.95
    new Muon(torch.nn.ParameterDict(("a", p1), ("b", p2)) :> torch.nn.Module, lr = 2e-3) |> steps model 2e-3 0.95

[<Fact>]
let ``Groups have options of their own`` () =
    let model = newModel ()
    let p1, p2 = Seq.head (model.parameters ()), Seq.last (model.parameters ())
    use optimizer =
        new Muon(
            [ Muon.ParamGroup([ p1 ], lr = 1e-2)
              Muon.ParamGroup(Parameters = [ p2 ], Options = Muon.Options(weight_decay = 0.0)) ],
            lr = 2e-3)
    Assert.Equal<float>([ 1e-2; 2e-3 ], optimizer.ParamGroups |> Seq.map (fun group -> group.LearningRate))
    TorchOptim.Muon([ Muon.ParamGroup(model.parameters ()) ], lr = 2e-3) |> steps model 2e-3 0.95
    TorchOptim.ROOT([ RootOptimizer.ParamGroup(model) ], lr = 2e-3) |> steps model 2e-3 0.95

[<Fact>]
let ``Modular descent takes a budget, and a model and a budget`` () =
    let model = newModel ()
    let budget = ModularBudget.FromSequential model
    TorchOptim.ModularDescent(budget, lr = 2e-3) |> steps model 2e-3 0.9
    TorchOptim.ModularDescent(model, budget, lr = 2e-3, momentum = 0.8) |> steps model 2e-3 0.8
    new ModularDescent(budget) |> steps model 0.1 0.9
    new ModularDescent(model, budget, 2e-3) |> steps model 2e-3 0.9
    new ModularDescent(model, budget, ModularDescent.Options(momentum = 0.8)) |> steps model 0.1 0.8
