import Billing
import FoundationEssentials
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
        // The event's own fields come first, because they are the most.
        var fields = event.metadata ?? [:]
        fields.merge(metadata) { own, _ in own }
        if let more = metadataProvider?.get() { fields.merge(more) { own, _ in own } }
        // Drop Hummingbird's own request number: callers see our request ids.
        fields["hb.request.id"] = nil
        // The reader may have closed the stream (a closed terminal) or stalled: neither ends the process nor
        // blocks it.
        LineQueue.standardError.write(line(event.level, "\(event.message)", fields)) { dropped in
            line(.warning, "log lines dropped", ["count": "\(dropped)"])
        }
    }

    private func line(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata) -> [UInt8] {
        let time = Self.clock.timestamp(of: Date())
        switch format {
        case .json:
            var json = JSONWriter.orderedObject { json in
                json.member("time", time)
                json.member("level", level.rawValue)
                json.member("label", label)
                json.member("message", message)
                for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                    json.member(named: name, Self.text(value))
                }
            }
            json.append(UInt8(ascii: "\n"))
            return json
        case .pretty:
            let pairs = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(printable("\($0.value)"))" }
            let text = "\(time) \(level.rawValue.uppercased()) \(printable(message)) "
            return Array((text + pairs.joined(separator: " ") + "\n").utf8)
        }
    }

    private static let clock = LineClock()

    /// The text of a value, without formatting the usual one, which is text already.
    private static func text(_ value: Logger.MetadataValue) -> String {
        if case .string(let text) = value { text } else { value.description }
    }
}
