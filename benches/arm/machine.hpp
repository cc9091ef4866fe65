// What Linux tells about the machine: kinds of cores, their clocks, temperature, energy. Everything may be missing.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct Cores {
    std::string name;  // "big", "middle", "little"; "all" where they are alike or unknown
    std::vector<int> cpus;
    long capacity = 0;  // in the kernel's units, or the highest clock in kHz
};

struct Energy {
    std::string source;  // the file that it comes from
    double joules = 0;   // a counter: only differences mean something
    double watts = 0;    // of the moment, where there is no counter
    bool counter = false;
};

class Machine {
public:
    // `sys` stands for /sys; another folder serves tests.
    explicit Machine(std::string sys) : sys_(std::move(sys)) {}

    std::vector<Cores> cores() const;                // strongest first; only those that this process may use
    std::optional<double> megahertz(int cpu) const;  // of the moment
    std::optional<double> celsius() const;           // of the hottest zone
    std::optional<Energy> energy() const;
    static std::string model();  // from /proc

private:
    std::optional<long> number(const std::string& path) const;

    std::string sys_;
};

// Keeps this process on one core; false where that is not allowed.
bool pin_to(int cpu);

}  // namespace bench
