import Billing
import Storage

/// A path of this service with its query parameters, percent-encoded.
struct PageLink {
    private(set) var parameters: [(name: String, value: String)] = []
    let path: String

    init(_ path: String) { self.path = path }

    /// The link with one more parameter; a missing or empty value adds none.
    func with(_ name: String, _ value: String?) -> PageLink {
        guard let value, !value.isEmpty else { return self }
        var link = self
        link.parameters.append((name, value))
        return link
    }

    func with(_ customer: CustomerKey?) -> PageLink {
        with("customer", customer?.customer).with("account", customer?.account)
    }

    func with(_ others: [(name: String, value: String)]) -> PageLink {
        others.reduce(self) { $0.with($1.name, $1.value) }
    }

    var text: String {
        guard !parameters.isEmpty else { return path }
        return path + "?" + PercentEncoding.form(parameters)
    }
}
