import Foundation
import JSON
import Logging
import Synchronization
import Traces

/// Writes each log entry as one line on standard error: JSON for machines, or text for people.
struct LineLogHandler: LogHandler {
    let label: String
    let format: ServiceConfiguration.LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider? = .traceScope

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadataProvider?.get() ?? [:]
        fields.merge(metadata) { _, new in new }
        if let more = event.metadata { fields.merge(more) { _, new in new } }
        // Drop Hummingbird's own request number: callers see our request ids.
        fields["hb.request.id"] = nil
        // The reader may have closed the stream (a closed terminal) or stalled: neither ends the process nor
        // blocks it.
        LineQueue.standardError.write(line(event.level, "\(event.message)", fields)) { dropped in
            line(.warning, "log lines dropped", ["count": "\(dropped)"])
        }
    }

    private func line(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata) -> String {
        let time = Self.timestamp()
        switch format {
        case .json:
            let bytes = JSONWriter.orderedObject { json in
                json.member("time", time)
                json.member("level", level.rawValue)
                json.member("label", label)
                json.member("message", message)
                for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                    json.member(named: name, Self.text(value))
                }
            }
            return String(decoding: bytes, as: UTF8.self) + "\n"
        case .pretty:
            let pairs = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(printable("\($0.value)"))" }
            return "\(time) \(level.rawValue.uppercased()) \(printable(message)) "
                + pairs.joined(separator: " ") + "\n"
        }
    }

    private static func timestamp() -> String {
        Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// The text of a value, without formatting the usual one, which is text already.
    private static func text(_ value: Logger.MetadataValue) -> String {
        if case .string(let text) = value { text } else { value.description }
    }
}
