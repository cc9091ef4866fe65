# The core, compiled for the test that includes this: OUT says where to and FLAGS how, CORE is the objects.
ROOT := ../..
CORE := $(patsubst $(ROOT)/ext/%.cpp,$(OUT)/core/%.o,$(wildcard $(ROOT)/ext/*.cpp $(ROOT)/ext/simd/*.cpp))
HEADERS := $(wildcard ../fuzz/*.hpp $(ROOT)/ext/*.hpp $(ROOT)/ext/simd/*.hpp)

$(OUT)/core/%.o: $(ROOT)/ext/%.cpp $(HEADERS)
	@mkdir -p $(@D)
	$(CXX) $(FLAGS) -c $< -o $@

.SECONDARY:
