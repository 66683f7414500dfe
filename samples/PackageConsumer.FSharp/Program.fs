/// A program that has the packages from a feed, as a user has them.
module PackageConsumer.Program

open Root.Optimizers
open Root.Optimizers.Distributed
open Root.Optimizers.Modular
open TorchSharp
open TorchSharp.Modules

let network () =
    let linear (inputs: int64) (outputs: int64) : torch.nn.Module<torch.Tensor, torch.Tensor> =
        torch.nn.Linear(inputs, outputs, hasBias = false)
    torch.nn.Sequential(("a", linear 8L 16L), ("b", linear 16L 4L))

let train name (newOptimizer: Sequential -> MatrixOptimizer) =
    torch.random.manual_seed 1L |> ignore
    use teacher = network ()
    use model = network ()
    use optimizer = newOptimizer model
    let loss () =
        use _ = torch.NewDisposeScope()
        optimizer.zero_grad ()
        torch.random.manual_seed 2L |> ignore
        let inputs = torch.randn (64L, 8L)
        let loss = torch.nn.functional.mse_loss (model.forward inputs, teacher.forward(inputs).detach ())
        loss.backward ()
        loss.item<single> ()
    let first = loss ()
    for _ in 1..30 do
        loss () |> ignore
        optimizer.step () |> ignore
    printfn $"%s{name}: %.4f{first} -> %.4f{loss ()}"

[<EntryPoint>]
let main _ =
    ProcessGroup.Run(fun group ->
        train "RootOptimizer" (fun model -> new RootOptimizer(model, lr = 1e-2, process_group = group))
        train "ROOT" (fun model -> TorchOptim.ROOT(model.parameters (), lr = 1e-2))
        train "Muon" (fun model -> new Muon(model, lr = 2e-2, process_group = group))
        train "ManifoldMuon" (fun model -> new ManifoldMuon(model, lr = 0.02, process_group = group))
        train "HypersphericalDescent" (fun model -> new HypersphericalDescent(model, lr = 0.02, process_group = group))
        train "ModularDescent" (fun model -> new ModularDescent(ModularBudget.FromSequential model, lr = 0.1, process_group = group)))
