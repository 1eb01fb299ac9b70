# Language, warnings, sanitizers, ccache where it is installed: said once, for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

# Line tables are what a backtrace needs; the rest of -g costs a quarter of the build.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
if(HEADROOM_PRECOMPILED_HEADERS AND CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
    # Without these ccache takes no file that a precompiled header came into.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${CMAKE_CXX_COMPILER_LAUNCHER}")
    add_compile_options(-fpch-preprocess)
endif()

# -ffp-contract=off: the same numbers on every machine (ARCHITECTURE: determinism).
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms in std::string::operator+ (GCC bug 105651).
    add_compile_options(-Wno-restrict)
endif()
if(HEADROOM_WERROR)
    add_compile_options(-Werror)
endif()
if(HEADROOM_SANITIZE)
    add_compile_options(-fsanitize=${HEADROOM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${HEADROOM_SANITIZE})
endif()

# headroom_precompile(TARGET HEADER...): the large foreign headers of a target, read once; never headers of the project.
function(headroom_precompile target)
    if(HEADROOM_PRECOMPILED_HEADERS)
        target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
endfunction()

# headroom_compile_quickly(TARGET): in development builds all but the engines compiles at -O1, in three quarters of the time.
function(headroom_compile_quickly target)
    target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
endfunction()

# headroom_add_tests(NAME LABEL fast|law|papers SOURCES ... [APART ...] [LIBRARIES ...]): one test program; ctest sees each
# case. Development builds compile six files as one, since half of what a test costs is to load its headers, precompiled or
# not; APART are those whose local names are those of others too.
function(headroom_add_tests name)
    cmake_parse_arguments(arg "" "LABEL" "SOURCES;APART;LIBRARIES" ${ARGN})
    add_executable(${name} ${arg_SOURCES} ${arg_APART})
    if(HEADROOM_JOIN_TESTS)
        set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
        set_source_files_properties(${arg_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name} PRIVATE
        HEADROOM_SOURCE_DIR="${PROJECT_SOURCE_DIR}" HEADROOM_BINARY_DIR="${PROJECT_BINARY_DIR}")
    headroom_compile_quickly(${name})
    # Test programs share what tests/CMakeLists.txt precompiled, once without Qt and once with it.
    set(headers headroom_test_headers)
    if("headroom_ui" IN_LIST arg_LIBRARIES)
        set(headers headroom_ui_test_headers)
    endif()
    if(HEADROOM_PRECOMPILED_HEADERS)
        target_precompile_headers(${name} REUSE_FROM ${headers})
        # GCC 12 takes std::string's own copies for overflows where the headers are precompiled (GCC bug 105329).
        target_compile_options(${name} PRIVATE
            -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
    endif()
    # The long ones first: one that starts last runs alone on its core.
    set(cost 1)
    if(NOT arg_LABEL STREQUAL "fast")
        set(cost 100)
    endif()
    include(GoogleTest)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
        PROPERTIES LABELS ${arg_LABEL} COST ${cost} ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
endfunction()

# Thirty programs are linked: the quick linker is taken where there is one.
include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=mold HEADROOM_HAS_MOLD)
if(HEADROOM_HAS_MOLD)
    add_link_options(-fuse-ld=mold)
endif()
