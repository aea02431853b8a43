import JSON

/// The samples of `GET /metrics`, in Prometheus' text format.
struct MetricSamples {
    struct Sample: Equatable, JSONObject {
        let name: String
        let labels: [String: String]
        let value: Double

        func write(to json: inout JSONWriter) {
            json.member("labels", labels)
            json.member("name", name)
            json.member("value", value)
        }
    }

    let samples: [Sample]

    /// Parses the text and ignores lines that are not samples, such as comments.
    init(_ text: String) { samples = text.split(separator: "\n").compactMap(Self.sample) }

    private static func sample(_ line: Substring) -> Sample? {
        // A timestamp may follow the value.
        guard let parts = line.wholeMatch(of: /(\w+)(?:\{(.*)\})? (\S+)(?: [0-9]+)?/)?.output,
            let value = Double(parts.3)
        else { return nil }
        let labels = (parts.2 ?? "").matches(of: /(\w+)="((?:[^"\\]|\\.)*)"/).map { label in
            let text = label.output.2.replacing(/\\(.)/) { $0.output.1 == "n" ? "\n" : $0.output.1 }
            return (String(label.output.1), String(text))
        }
        return Sample(name: String(parts.1), labels: Dictionary(labels) { $1 }, value: value)
    }

    /// The value of the first sample with that name and at least these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        all(name).first { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
    }

    func all(_ name: String) -> [Sample] { samples.filter { $0.name == name } }

    /// The label `state` of the sample whose value is 1.
    func state(_ name: String, _ labels: [String: String]) -> String? {
        all(name).first { sample in
            sample.value == 1 && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }?.labels["state"]
    }

    /// A quantile of a histogram, interpolated like Prometheus' `histogram_quantile`.
    ///
    /// - Parameters:
    ///   - quantile: From 0 to 1.
    ///   - name: The histogram's name, without `_bucket`.
    /// - Returns: `nil` without observations; for a quantile beyond the last finite bucket, the bound of that
    ///   bucket.
    func quantile(_ quantile: Double, of name: String) -> Double? {
        let buckets = all(name + "_bucket")
            .compactMap { sample in
                sample.labels["le"].flatMap { Double($0) }.map { (bound: $0, count: sample.value) }
            }
            .sorted { $0.bound < $1.bound }
        guard let total = buckets.last?.count, total > 0 else { return nil }
        let rank = quantile * total
        var (lower, before) = (0.0, 0.0)
        for bucket in buckets {
            if bucket.count >= rank {
                guard bucket.bound.isFinite else { return lower }
                guard bucket.count > before else { return bucket.bound }
                return lower + (bucket.bound - lower) * (rank - before) / (bucket.count - before)
            }
            (lower, before) = (bucket.bound, bucket.count)
        }
        return lower
    }
}
