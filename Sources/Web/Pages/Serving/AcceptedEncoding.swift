import HTTPTypes

/// Whether the client accepts gzip: `Accept-Encoding` names it with a weight above 0.
enum AcceptedEncoding {
    static func includesGzip(_ headers: HTTPFields) -> Bool {
        for part in (headers[.acceptEncoding] ?? "").split(separator: ",") {
            let words = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let name = words.first, name == "gzip" || name == "x-gzip" else { continue }
            let weight = words.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
            return weight.map { $0.contains { "123456789".contains($0) } } ?? true
        }
        return false
    }
}
