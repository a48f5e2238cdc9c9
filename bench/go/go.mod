module example.org/drystone/bench/go

go 1.24

require example.org/drystone/bindings/go v0.0.0

replace example.org/drystone/bindings/go => ../../bindings/go
