/// Numbers of one kind, as Prometheus reads them.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
struct MetricFamily: Sendable, Equatable {
    enum Kind: String, Sendable { case counter, gauge }

    struct Sample: Sendable, Equatable {
        let labels: [(name: String, value: String)]
        let value: Double

        init(_ value: Double, _ labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }

        static func == (left: Sample, right: Sample) -> Bool {
            left.value == right.value && left.labels.map(\.name) == right.labels.map(\.name)
                && left.labels.map(\.value) == right.labels.map(\.value)
        }
    }

    let name: String
    let help: String
    let kind: Kind
    let samples: [Sample]

    init(_ kind: Kind, _ name: String, _ help: String, _ samples: [Sample]) {
        self.kind = kind
        self.name = name
        self.help = help
        self.samples = samples
    }

    /// The lines of the text format; nothing for a family without samples.
    var text: String {
        guard !samples.isEmpty else { return "" }
        let lines = samples.map { sample in
            let labels = sample.labels.map { #"\#($0.name)="\#(Self.escaped($0.value))""# }
            return name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
                + " \(Self.number(sample.value))"
        }
        let head = ["# HELP \(name) \(help)", "# TYPE \(name) \(kind.rawValue)"]
        return (head + lines).joined(separator: "\n") + "\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}

/// Something that has numbers to show.
protocol MetricSource: Sendable {
    func families() async throws -> [MetricFamily]
}
