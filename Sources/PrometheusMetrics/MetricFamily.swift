/// A metric family in Prometheus' text format.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package struct Sample: Sendable {
        /// The suffix of the family's name: `_bucket`, `_sum` or `_count` for a histogram.
        let suffix: String
        let labels: [(name: String, value: String)]
        let value: Double

        package init(_ value: Double, _ labels: [(name: String, value: String)] = [], suffix: String = "") {
            self.suffix = suffix
            self.value = value
            self.labels = labels
        }
    }

    package let name: String
    let help: String
    let kind: Kind
    let samples: [Sample]

    package init(_ kind: Kind, _ name: String, _ help: String, _ samples: [Sample]) {
        self.kind = kind
        self.name = name
        self.help = help
        self.samples = samples
    }

    /// A family with one value, or without samples if that is unknown.
    package init(_ kind: Kind, _ name: String, _ help: String, _ value: Double?) {
        self.init(kind, name, help, value.map { [Sample($0)] } ?? [])
    }

    /// The family in the text format; without samples only its HELP and TYPE lines.
    package var text: String {
        let lines = samples.map { sample in
            let labels = sample.labels.map { #"\#($0.name)="\#(Self.escaped($0.value))""# }
            return name + sample.suffix + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
                + " \(Self.number(sample.value))"
        }
        let head = ["# HELP \(name) \(help)", "# TYPE \(name) \(kind.rawValue)"]
        return (head + lines).joined(separator: "\n") + "\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    static func number(_ value: Double) -> String {
        value == .infinity ? "+Inf" : Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}

/// A source of metrics, read at each scrape.
package protocol MetricSource: Sendable {
    func families() async throws -> [MetricFamily]
}
