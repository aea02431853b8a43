/// The routes that `/openapi.json` describes.
struct DescribedAPI {
    struct Operation: Equatable {
        let method: String
        let path: String
        let queryParameters: Set<String>
    }

    let operations: [Operation]

    /// - Parameter document: As it is served; parameters may be references into its components.
    init(_ document: ReceivedJSON) {
        var operations: [Operation] = []
        for path in document["paths"]?.names ?? [] {
            let methods = document["paths"]?[path]
            for method in methods?.names ?? [] {
                let parameters = methods?[method]?["parameters"]?.array ?? []
                let names = parameters.map { Self.resolved($0, in: document) }
                    .filter { $0["in"] == "query" }.compactMap { $0["name"]?.string }
                operations.append(
                    Operation(method: method.uppercased(), path: path, queryParameters: Set(names))
                )
            }
        }
        self.operations = operations
    }

    func operation(_ route: RouteUnderTest) -> Operation? {
        operations.first { $0.method == route.method && $0.path == route.pattern }
    }

    /// The methods of every path that a path of a request may be meant by, and HEAD where there is GET.
    func methods(at path: some StringProtocol) -> Set<String> {
        let segments = path.split(separator: "/")
        let methods = operations.filter { operation in
            let pattern = operation.path.split(separator: "/")
            return pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        .map(\.method)
        return Set(methods + (methods.contains("GET") ? ["HEAD"] : []))
    }

    private static func resolved(_ value: ReceivedJSON, in document: ReceivedJSON) -> ReceivedJSON {
        guard let reference = value["$ref"]?.string else { return value }
        let path = reference.split(separator: "/").dropFirst()
        return path.reduce(document) { $0[String($1)] ?? .null }
    }
}
