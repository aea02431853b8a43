/// The samples of `GET /metrics`, in Prometheus' text format.
struct MetricSamples {
    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private let samples: [String: [Sample]]

    /// Parses the text and ignores lines that are not samples, such as comments.
    init(_ text: String) {
        let read = text.split(separator: "\n").compactMap { Self.sample(Substring($0)) }
        samples = Dictionary(grouping: read, by: \.name)
    }

    /// The value of the first sample with that name and at least these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        all(name).first { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
    }

    func all(_ name: String) -> [Sample] { samples[name] ?? [] }

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
                sample.labels["le"].flatMap(Self.number).map { (bound: $0, count: sample.value) }
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

    private static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }

    private static func sample(_ line: Substring) -> Sample? {
        guard line.first != "#", let nameEnd = line.firstIndex(where: { $0 == "{" || $0 == " " }) else {
            return nil
        }
        let name = String(line[..<nameEnd])
        var rest = line[nameEnd...]
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while let equals = rest.firstIndex(of: "="), rest.first != "}" {
                let label = String(rest[..<equals].drop { $0 == "," })
                rest = rest[equals...].dropFirst()
                guard rest.first == "\"", let value = quoted(&rest) else { return nil }
                labels[label] = value
            }
            guard rest.first == "}" else { return nil }
            rest = rest.dropFirst()
        }
        // A timestamp may follow the value.
        guard let value = rest.split(separator: " ").first.flatMap({ number(String($0)) }) else { return nil }
        return Sample(name: name, labels: labels, value: value)
    }

    /// Removes a quoted string from the front and returns its contents.
    private static func quoted(_ rest: inout Substring) -> String? {
        var text = ""
        var isEscaped = false
        rest = rest.dropFirst()
        while let character = rest.popFirst() {
            switch (isEscaped, character) {
            case (true, "n"): text.append("\n")
            case (true, _): text.append(character)
            case (false, "\""): return text
            case (false, "\\"): break
            case (false, _): text.append(character)
            }
            isEscaped = !isEscaped && character == "\\"
        }
        return nil
    }
}
