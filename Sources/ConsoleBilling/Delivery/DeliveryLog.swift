import Billing
import Scenarios
import Synchronization

/// Prints each delivery as it happens: two lines for people, one JSON object for programs.
final class DeliveryLog: Sendable {
    private let target: ServerAddress
    private let format: OutputFormat
    private let palette: Palette
    private let bar: ProgressBar
    // Held while a line is written, so that lines of concurrent deliveries do not mix.
    private let turn = Mutex(())

    init(target: ServerAddress, format: OutputFormat, total: Int) {
        self.target = target
        self.format = format
        palette = Palette(for: .output)
        bar = ProgressBar(total: total)
    }

    func sending(_ event: EventBody) {
        guard format == .human else { return }
        write("\(Instant.now.localText)  --> \(printable(event.type)) [\(printable(event.id))]")
    }

    func finished(_ delivery: Delivery) {
        switch format {
        case .human:
            write("\(Instant.now.localText)  \(delivery.line(to: target, palette: palette))")
        case .json:
            write(delivery.json.compact)
        }
        turn.withLock { _ in bar.advance() }
    }

    /// Prints the summary.
    func close(_ report: DeliveryReport) {
        bar.clear()
        switch format {
        case .human: Terminal.line("\n" + report.summary(palette))
        case .json: Terminal.line(report.json.compact)
        }
    }

    private func write(_ line: String) {
        turn.withLock { _ in
            if Terminal.Stream.output.isTerminal { bar.clear() }
            Terminal.line(line)
        }
    }
}
