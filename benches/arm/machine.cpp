#include "machine.hpp"

#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

namespace bench {
namespace {

namespace fs = std::filesystem;

// Names of what a folder holds, in order; none where there is no such folder.
std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        names.push_back(it->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

bool starts(const std::string& text, const char* with) { return text.rfind(with, 0) == 0; }

bool ends(const std::string& text, const std::string& with) {
    return text.size() >= with.size() && text.compare(text.size() - with.size(), with.size(), with) == 0;
}

}  // namespace

std::optional<long> Machine::number(const std::string& path) const {
    std::ifstream file(sys_ + path);
    long value = 0;
    if (file >> value) return value;
    return std::nullopt;
}

std::vector<Cores> Machine::cores() const {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed)) CPU_SET(0, &allowed);
    std::map<long, std::vector<int>, std::greater<>> by_capacity;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        const std::string folder = "/devices/system/cpu/cpu" + std::to_string(cpu);
        auto capacity = number(folder + "/cpu_capacity");
        if (!capacity) capacity = number(folder + "/cpufreq/cpuinfo_max_freq");
        by_capacity[capacity.value_or(0)].push_back(cpu);
    }
    std::vector<Cores> kinds;
    for (const auto& [capacity, cpus] : by_capacity) kinds.push_back({"middle", cpus, capacity});
    kinds.front().name = kinds.size() == 1 ? "all" : "big";
    if (kinds.size() > 1) kinds.back().name = "little";
    return kinds;
}

std::optional<double> Machine::megahertz(int cpu) const {
    const auto khz = number("/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/scaling_cur_freq");
    return khz ? std::optional(static_cast<double>(*khz) / 1e3) : std::nullopt;
}

std::optional<double> Machine::celsius() const {
    std::optional<double> hottest;
    for (const auto& zone : names_in(sys_ + "/class/thermal")) {
        const auto milli = starts(zone, "thermal_zone") ? number("/class/thermal/" + zone + "/temp") : std::nullopt;
        // Zones that are switched off tell nonsense.
        if (milli && *milli > 0 && *milli < 150'000)
            hottest = std::max(hottest.value_or(0), static_cast<double>(*milli) / 1e3);
    }
    return hottest;
}

// Counters of the processor's rails first (powercap, then hwmon), then what the battery gives to the whole device.
std::optional<Energy> Machine::energy() const {
    for (const auto& zone : names_in(sys_ + "/class/powercap")) {
        const std::string path = "/class/powercap/" + zone + "/energy_uj";
        if (const auto micro = number(path)) return Energy{path, static_cast<double>(*micro) / 1e6, 0, true};
    }
    for (const auto& device : names_in(sys_ + "/class/hwmon"))
        for (const auto& name : names_in(sys_ + "/class/hwmon/" + device)) {
            const std::string path = "/class/hwmon/" + device + "/" + name;
            const auto micro = ends(name, "_input") ? number(path) : std::nullopt;
            if (micro && starts(name, "energy")) return Energy{path, static_cast<double>(*micro) / 1e6, 0, true};
            if (micro && starts(name, "power")) return Energy{path, 0, static_cast<double>(*micro) / 1e6, false};
        }
    for (const auto& supply : names_in(sys_ + "/class/power_supply")) {
        const std::string folder = "/class/power_supply/" + supply;
        const auto current = number(folder + "/current_now"), voltage = number(folder + "/voltage_now");
        if (current && voltage)  // the sign of the current differs between kernels
            return Energy{folder, 0, static_cast<double>(std::abs(*current)) * static_cast<double>(*voltage) / 1e12,
                          false};
    }
    return std::nullopt;
}

std::string Machine::model() {
    std::string model = text_of("/proc/device-tree/model");
    while (!model.empty() && model.back() == '\0') model.pop_back();
    if (!model.empty()) return model;
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (starts(line, "Hardware") || starts(line, "model name")) return line.substr(line.find(':') + 2);
    return "";
}

bool pin_to(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}

}  // namespace bench
