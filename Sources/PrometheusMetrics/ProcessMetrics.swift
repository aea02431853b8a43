#if canImport(Glibc)
import Glibc
#endif

/// Metrics of this process from /proc, with the names that all Prometheus clients use.
package struct ProcessMetrics: MetricSource {
    /// `/proc/self`, or a substitute in tests.
    private let folder: String

    package init(folder: String = "/proc/self") { self.folder = folder }

    package func families() -> [MetricFamily] {
        // The program's name, in parentheses, may contain anything; the fields after the last parenthesis are
        // numbers.
        let fields = (read("stat") ?? "").split(separator: ")").last.map { $0.split(separator: " ") } ?? []
        func field(_ number: Int) -> Double? {
            fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
        }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let started = bootTime.flatMap { boot in field(22).map { boot + $0 / ticks } }
        return [
            MetricFamily(
                .counter,
                "process_cpu_seconds_total",
                "Total CPU time used, in seconds.",
                field(14).flatMap { user in field(15).map { (user + $0) / ticks } }
            ),
            MetricFamily(
                .gauge,
                "process_start_time_seconds",
                "When the process started, as Unix time.",
                started
            ),
            MetricFamily(
                .gauge,
                "process_resident_memory_bytes",
                "Resident memory.",
                field(24).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
            ),
            MetricFamily(.gauge, "process_virtual_memory_bytes", "Virtual memory.", field(23)),
            MetricFamily(.gauge, "process_open_fds", "Open file descriptors.", openDescriptors),
            MetricFamily(
                .gauge,
                "process_max_fds",
                "Maximum number of open file descriptors.",
                maximumDescriptors
            ),
        ]
    }

    private var bootTime: Double? {
        read("../stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap {
            Double($0.dropFirst(6))
        }
    }

    private var openDescriptors: Double? {
        guard let directory = opendir(folder + "/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Subtract `.`, `..` and the descriptor used for this reading.
        return Double(max(0, count - 3))
    }

    private var maximumDescriptors: Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    private func read(_ name: String) -> String? {
        let descriptor = open(folder + "/" + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while text.count < 1 << 20 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer.prefix(count)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
