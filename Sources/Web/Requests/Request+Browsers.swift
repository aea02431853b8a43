import HTTPTypes
import Hummingbird

extension Request {
    /// Whether a browser sent the request, for a person: browsers list `text/html` in `Accept`.
    var isBrowsers: Bool {
        headers[values: .accept].contains { $0.lowercased().contains("text/html") }
    }
}
