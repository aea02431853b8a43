import CoreMetrics
import PrometheusMetrics
import Testing

/// Measurements through swift-metrics, in Prometheus' text format.
struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry([
        .init(.counter, "requests_total", "Requests."), .init(.gauge, "waiting", "Those that wait."),
        .init(.histogram([0.1, 1]), "took_seconds", "What it took."),
        .init(.histogram([1, 2]), "batch", "Events at once."),
    ])

    private func text() -> String { registry.families().map(\.text).joined() }

    @Test func `a counter that is made twice counts once per set of labels`() {
        for status in ["200", "503", "200"] {
            Counter(label: "requests_total", dimensions: [("status", status)], factory: registry).increment()
        }
        Counter(label: "requests_total", dimensions: [("status", "200")], factory: registry).increment(by: 40)
        #expect(text().contains("requests_total{status=\"200\"} 42\nrequests_total{status=\"503\"} 1\n"))
    }

    @Test func `a gauge has the value that was set last`() {
        let waiting = Meter(label: "waiting", factory: registry)
        waiting.set(7)
        waiting.set(3)
        #expect(text().contains("# TYPE waiting gauge\nwaiting 3\n"))
    }

    @Test func `a timer is a histogram of seconds, each bucket with those below it`() {
        let timer = CoreMetrics.Timer(label: "took_seconds", factory: registry)
        for milliseconds in [50, 100, 500, 4000] as [Int64] {
            timer.recordNanoseconds(milliseconds * 1_000_000)
        }
        #expect(
            text().contains(
                """
                # HELP took_seconds What it took.
                # TYPE took_seconds histogram
                took_seconds_bucket{le="0.1"} 2
                took_seconds_bucket{le="1"} 3
                took_seconds_bucket{le="+Inf"} 4
                took_seconds_sum 4.65
                took_seconds_count 4

                """
            )
        )
    }

    @Test func `a recorder of counts is a histogram of them`() {
        let batch = Recorder(label: "batch", aggregate: true, factory: registry)
        for count in [1, 2, 9] { batch.record(count) }
        #expect(text().contains("batch_bucket{le=\"2\"} 2\nbatch_bucket{le=\"+Inf\"} 3\nbatch_sum 12\n"))
    }

    @Test func `a metric without a measurement still has its help`() {
        #expect(
            text().contains("# HELP requests_total Requests.\n# TYPE requests_total counter\n# HELP waiting")
        )
    }

    @Test func `a metric without a description is measured and not shown`() {
        Counter(label: "somebody_elses", factory: registry).increment()
        #expect(!text().contains("somebody_elses"))
    }

    @Test func `a label may hold anything`() {
        let odd = "a\"b\\c\nd"
        Counter(label: "requests_total", dimensions: [("status", odd)], factory: registry).increment()
        #expect(text().contains(#"requests_total{status="a\"b\\c\nd"} 1"#))
    }

    @Test func `measurements from many threads at once are all counted`() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        Counter(label: "requests_total", dimensions: [("status", "200")], factory: registry)
                            .increment()
                    }
                }
            }
        }
        #expect(text().contains("requests_total{status=\"200\"} 8000\n"))
    }

    @Test func `the process tells its memory, its time and its files`() {
        let families = ProcessMetrics().families()
        #expect(families.allSatisfy { $0.text.split(separator: "\n").count == 3 })
        #expect(
            families.map(\.name).sorted() == [
                "process_cpu_seconds_total", "process_max_fds", "process_open_fds",
                "process_resident_memory_bytes", "process_start_time_seconds", "process_virtual_memory_bytes",
            ]
        )
    }

    @Test func `values that Linux does not give are omitted`() {
        let families = ProcessMetrics(folder: "/nowhere").families().filter { $0.name != "process_max_fds" }
        #expect(families.allSatisfy { $0.text.split(separator: "\n").count == 2 })
    }
}
