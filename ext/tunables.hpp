// Every threshold of the engine, with its unit, its reason and what breaks when it is changed.
// Constants of the standards are in tables.hpp. Overrides by name (visit) belong to one Decoder and serve sweeps.
#pragma once

namespace qrcore {

struct Tunables {
    // What an effort may cost.
    struct Limits {
        // Pixels of the largest pyramid level on which runs are scanned, and on which rings and inverted patterns are
        // looked for too, at five times the cost a pixel.
        double scan_pixels, ring_pixels;
        // Gray levels below the local mean that a pixel must be to be dark. Flat areas then stay light instead of
        // turning into noise, which is dear; more, and the weakest prints in the dark lose their finders.
        int bias;
        // Rows from one scanned row to the next, at full size and on coarser levels: the core of a pattern of 1.2
        // pixels a module has three or four, and what a coarser level misses the finer one has twice as large.
        int scan_every, coarse_every;
        // The same in texture (finders.most_runs), where the false seeds and the cost are.
        int texture_every, coarse_texture_every;
        // The same once more where a pass has shown a finder that no symbol explains: crowds are read better than by
        // every second row from the beginning, which costs twice as much on letters and foliage.
        int closely;
        // How much less likely a candidate may be than the steps of the ladder ask. Its score is mean correlation +
        // mean timing - strain: 99 % of true triples are above 1.74, false ones mostly below 1.5.
        double patience;
        // Candidates that each of the dear steps is taken on, best first.
        int most_climbing;
        // Work units (about microseconds) that the dear steps of a picture may take together: what no symbol explains
        // must not take seconds. Of 889 photos at thorough none takes 270,000, nor is any read after 18,000.
        double climbing_work;
        // Fits of a pass that are made however many before were in vain: 2 lose codes of the photos.
        int least_fits;
        // Gray levels of an edge between cells of 8 x 8 pixels for more to be looked at: a symbol stands out from its
        // quiet zone by half of its contrast, which `bias` already asks to be more than six. 0 looks everywhere.
        int least_change;
        // Pixels a module of the patterns that are looked for on rows of coin flips, where smaller ones are found every
        // few pixels. At 1.3 pixels a module and noise of 15 gray levels, 1.4 loses nothing, 1.7 half, 2 all.
        double least_in_noise;
    };
    Limits fast{1.2e6, 1e5, 3, 2, 3, 10, 4, 1, 0, 0, 0, 4, 4, 2};
    Limits balanced{1e12, 2e5, 3, 2, 3, 4, 3, 1, 0, 8, 4e5, 6, 4, 1.4};
    Limits thorough{1e12, 1e12, 2, 1, 1, 1, 1, 1, 0.2, 24, 1e6, 64, 0, 0};

    struct Normalize {
        // Pixels each way of the window, at every level, in the order in which they are tried. Nine pixels are 2 to 4
        // modules where symbols are looked at, and follow the edge of a reflection: of rendered ones they read 58 %,
        // seven 67, five 63, 17 53. But seven lose a blurred photo. 17 leave what damage has made of one colour.
        int narrow = 4, wide = 8;
        double gain = 50;  // gray levels that a standard deviation becomes
        // Gray levels added to the deviation, so that flat areas stay flat: 12 read more reflections, and lose a
        // damaged photo.
        double noise = 4;
        // Pixels of the largest picture that is copied for it; of a larger one the full size is left out.
        double most_copied = 4.2e6;
    } normalize;

    struct Detail {
        // How far off the corners of what was read may be, and its edges be blurred, as a share of its side: the mean
        // over the photos is 0.6 %. Less, and the rim of a symbol that was read is looked at again at every level.
        double corner_error = 0.01;
    } detail;

    struct Finders {
        // Ring test, dimensionless. Ideal: ring and core together 25 modules, core 9: ratio 2.78; area^2 over the
        // determinant of the covariance 144 for any parallelogram and 158 for any ellipse.
        double least_ring_ratio = 2, most_ring_ratio = 6;
        double least_core_share = 0.6;   // of all that the ring encloses
        double most_ring_offset = 0.25;  // squared Mahalanobis distance of the centroids
        double most_ring_skew = 1.5;     // how unlike the shapes of ring and core may be
        double least_ring_fill = 95, least_core_fill = 80;
        // Runs a pixel beyond which a level is texture, where the ring test and each row are dear: nine tenths of the
        // photos have less at half their size; letters have 0.16, foliage 0.25, noise 0.5.
        double most_runs = 0.15;
        // Edges a pixel of a row beyond which it is coin flips (0.5) to the scan, in bitmaps so wide that no symbol of
        // a pixel a module, which looks the same, fills the row; and runs a pixel beyond which a level is noise.
        double most_edges = 0.44;
        int least_wide = 256;
    } finders;

    struct Verify {
        // Pixels a module of the pyramid level that is fitted, at least (and less than twice as many).
        double pixels_a_module = 2.5;
        // Correlation at 9 x 9 points before any fit: 0.35 keeps 99.5 % of true seeds and 14 % of all.
        double least_look = 0.4;
        // In a live frame, which others add to: of 24 sequences at the edge of readable 20 are read at 0.4, 22 at 0.3.
        double least_live_look = 0.3;
        // Fits of a picture after which a quarter of those of a pass, best looks first, must have been strong: sixty
        // codes fill that, a page of letters and the thousands of weak seeds of a moire do not.
        int fits_on_trial = 16;
        double strong_ncc = 0.75, least_strong = 0.25;
        int coarse_steps = 4, steps = 2;  // Gauss-Newton steps
        double coarse_error = 0.03;       // by which the coarse correlation may fall short of the fine one
        // Gain in correlation that a step foresees, below which it is the last: of the coarse fit and the fine one.
        double near = 0.001, settled = 0.0005;
        double least_after_two = 0.40;  // correlation that two steps must reach
        // Correlation after the fit: 99.7 % of true finders are above 0.70, the lowest that served was 0.62.
        double least_ncc = 0.60;
        // What one of two turns must show before the two between them are looked at.
        double least_first_look = 0.2;
        // How far the second best look may be behind the best to be fitted too.
        double second_look = 0.08;
        // By how much a coarse fit may fall short of least_ncc and go on.
        double coarse_shortfall = 0.1;
        // The same where two finders of the symbol say that it must be here.
        double least_implied_look = 0.2, least_implied_ncc = 0.45;
        double certain = 0.85;  // no other start after this
        // Modules aside and stretch of the starts that leave a fit on half of the pattern, and what it must have.
        double aside = 0.75, wider = 1.25, least_climb_out = 0.55;
        // By how much a pattern may correlate worse when turned by 45 degrees to be round: a square loses 0.4.
        double round_difference = 0.12;
        double least_module = 0.8;  // pixels
        double most_stretch = 6;    // longer axis over shorter
        double least_sine = 0.25;   // of the angle between the axes
    } verify;

    struct Pairs {
        // Correlation of both: false finders that pass verify are mostly below.
        double least_ncc = 0.7;
        double most_size_ratio = 2.2, least_modules = 9, most_modules = 190;  // as for candidates
        double most_slope = 0.3;  // from the axis or the diagonal: 17 degrees, 22.5 would leave no gap
        int most_pairs = 12;
        int reach = 5;  // modules around the implied place
    } pairs;

    struct Candidates {
        double most_slope = 0.577;  // tangent of the angle between a finder's axis and its partner: 30 degrees
        double least_modules = 9, most_modules = 190;  // between centres: 14 for version 1, 170 for version 40
        double most_size_ratio = 2.2;                  // of two finders' modules: close-ups have 2.05
        // Of the two legs in modules, and what their difference costs in score: curvature stretches one of them.
        double most_leg_ratio = 1.7, leg_strain = 0.5;
        int most_partners = 5;  // nearest, along each axis
        // Of the number of modules between two finders: on a bottle the middle ones are larger than those at the ends.
        double most_size_error = 0.3;
        // How much worse the timing of a version may be than the best and still be tried.
        double version_doubt = 0.4;
        // Timing is counted by windows of so many modules from this length on, since a bend or a wrong estimate shifts
        // the phase over a long pattern, less what windows of noise reach by chance.
        int long_pattern = 40, window = 12;
        float window_chance = 0.4f;
        // Timing beyond which no other offset of the pattern is tried: clear already, or hopeless.
        float clear_timing = 0.9f, no_timing = 0.2f;
        // Score beyond which the finders of a triple belong together and serve no other, if the timing has such a share
        // of the second differences of black and white modules: the edges of an empty space between two codes do not.
        double clear_triple = 1.85;
        float least_alternation = 0.25f;
        double pixels_a_module = 2.5;  // at least, of the pyramid level that the timing is read from
        // Sine of the angle between right and lower edge below which they do not give the fourth corner.
        double least_sine = 0.1;
    } candidates;

    struct Lone {
        // Correlation of the finder: its surroundings are read, so it must be clear.
        double least_ncc = 0.65;
        // Of a candidate: those read in tilted and noisy pictures had 1.65 and more, false ones mostly below 1.55.
        double least_score = 1.6;
        double pixels_a_module = 2.5;
        double least_half_contrast = 4;  // gray levels between the finder's black and white, halved
        // Wrong bits of the format information beside the finder: its words differ in 7 (Micro QR) or 8. Random bits
        // lie within two of a word of Micro QR in 1 of 8 cases, of rMQR in 1 of 24, and within three in most.
        int most_wrong_format = 3;
        double wrong_format_penalty = 0.05;  // of the score, a bit
        double unquiet_penalty = 0.5;        // of the score, where the whole quiet zone beside it is dark
        // Perspective along a timing pattern: (1 + t x) at x modules from the finder; half a step moves the end of the
        // longest arm by a quarter of a module.
        double tilt_step = 0.0025;
        int tilt_steps = 8;    // each way
        int longest_arm = 14;  // modules from the centre of the finder of rMQR: the first alignment pattern is at 15
        double aside = 0.45;   // modules
        float clear_timing = 0.985f;  // no other place is tried after this
        // Second difference of the tones, where black less white is 2, below which alternation is noise.
        double quiet = 0.5;
    } lone;

    struct Grid {
        double finder_weight = 1, alignment_weight = 4;  // one centre against four corners of a finder
        double reach_single = 4;                         // modules around the expected place, versions 2 to 6
        double reach_many = 2;                           // versions 7 and up, where the neighbours are known
        double least_alignment = 0.65;                   // correlation; data that looks alike by chance reaches 0.6
        // Within so many modules a pattern of this correlation is the one, and no other is looked for.
        double reach_clear = 1, clear_alignment = 0.85;
        double node_spacing = 6;  // modules
        int most_nodes = 16;
        double stiffness = 0.3;
        // Holding the grid of a single finder: modules from the finder's side that are trusted first and by how much
        // more at a time, and the steps by which the corners of what is trusted are moved.
        double first_reach = 17, growth = 1.4;
        double first_step = 0.5, last_step = 0.06;
        int far_steps = 3;           // of the first size, each way, to look for a far corner of data
        int sweeps = 3;              // a step
        double quiet_weight = 0.25;  // of a module of the quiet zone, against one of a fixed pattern
        double eye_weight = 0.15;    // of a data module: how far from the middle gray
        double pixels_a_module_held = 2.5;
        double pixels_a_module = 2.5;  // at least, of the pyramid level that alignment patterns are looked for in
        // Depth of a corner, as a share of the first one's, below which the plane runs behind the camera.
        double least_depth = 0.05;
        double distance_penalty = 0.12;  // in correlation, of an alignment pattern at the end of the reach
        double most_settling = 0.75;     // modules from the best half step: farther, and it is another pattern
        double settled = 0.05;           // modules: no step follows one that is smaller
    } grid;

    struct Sample {
        double pixels_a_module = 2.5;
        double most_outside = 0.1;  // share of the module corners outside the picture
    } sample;

    struct Decide {
        int radius = 3;  // modules, of the boxes of all means: sigma 2.8 each way
        int rounds = 2;
        double least_contrast = 4;      // gray levels over the whole symbol
        float least_half_contrast = 1;  // gray levels
        double llr_scale = 4;
    } decide;

    struct Equalize {
        double ridge = 1.5;  // towards no filter; 10 is clearly worse
        int rounds = 3;      // decision-directed
        double decided_weight = 0.7;
        double least_half_contrast = 1;
        int most_training = 4000;  // decided modules
        double llr_scale = 4;
    } equalize;

    struct Doubt {
        // Factors for modules amid 5 x 5 and 3 x 3 modules of one colour; random bits give the one in 2^-20 and the
        // other in 2^-8 of all places. The 5 x 5 may hold so many exceptions.
        double in_large_area = 0.1, in_small_area = 0.4;
        int exceptions = 1;
    } doubt;

    struct Refine {
        double node_spacing = 4;  // modules
        int most_nodes = 16;
        double pixels_a_module = 3;
        int growth = 2;  // modules a round from where the grid is right
        int final_rounds = 2;
        int blur_passes = 6;                          // sigma 1.7 modules
        int mean_passes = 8;                          // sigma 2 modules, of the mean that eyes are measured against
        double quiet = 0.3;                           // share of the mean gradient that counts as noise
        double doubtful_offset = 0.45;                // modules: may as well be the next line
        double finder_weight = 4, anchor_weight = 8;  // against one module
        double stiffness = 0.05;                      // softer follows noise, stiffer (1) loses bottles and folds
        double soft_stiffness = 0.01;                 // for crumpled paper, where 0.05 cuts corners
    } refine;

    struct Sight {
        // Mean of the fixed modules, in standard deviations, for a frame to count: at 0.5 a third of them are wrong.
        double least_evidence = 0.5;
    } sight;

    struct Follow {
        int most_apart = 5;             // frames since a symbol was seen: later its place is anyone's guess
        double most_modules_aside = 3;  // from where a finder should be
        double score = 2;               // of the candidate: as good as any, since it was seen before
    } follow;

    struct Accumulate {
        // Log odds of the check bits of a frame being those of the sum that it joins. Higher, and noisy frames of one
        // code begin many sums; lower, and a code that follows another at its place is mixed with it.
        double least_log_odds = -1;
        double most_shift = 1;     // of a corner since the last frame that was added, in sides of the symbol
        double most_growth = 1.5;  // of the side
        // Log-likelihood a unit of `decide`, at most: sharp fixed modules say nothing of blurred data.
        double most_scale = 1;
        int most_absence = 30;  // frames: a second
        int most_sums = 16;
    } accumulate;

    struct Confirm {
        double least_agreement = 3.7;  // standard deviations: another message passes in 1 of 900 frames at most
    } confirm;

    struct Pipeline {
        int most_finders = 1500;  // a picture: best first; moire gives thousands
        // How much likelier a candidate of version 40 must be than a small one for a dear step: its cost grows with the
        // square of its side.
        double large_penalty = 0.3;
        // Pixels a module of a level below which patterns are left to the next finer level, where that is scanned, and
        // below which they are given up.
        double left_to_finer = 1.2, least_module = 0.9;
        // Candidates that may fail a pass, beside one for each symbol read so far in its plane: the true ones come
        // first.
        int most_failures = 24;
        // Work units after which a picture is not looked at again, without its light or in another colour. Of 889
        // photos one takes 1.1 million for its first look, the next 0.7; what is made to be dear two to six.
        double most_to_look_again = 1.5e6;
        // Module sizes, as ratios: a symbol within a symbol has smaller modules than this; symbols whose finders are
        // mixed up are printed within this of each other.
        double inner_module = 0.7, alike = 1.4;
        // Correlation of a finder, or score of a candidate, that no symbol explains, for the picture to be looked at
        // again without its light: the finders of a moire have up to 0.78, its candidates up to 1.62.
        double left_ncc = 0.85, left_score = 1.65;
        int crowd = 4;  // finders that a pass shows of more than one symbol
        // Pixels a side of what may hide in the wrong codewords of a symbol: half of what a symbol printed over others
        // covers is wrong by chance, and the least one that is read has 21 modules of a pixel.
        double least_hidden = 15;
        // Share of the fixed modules that shows the version to be right, however damaged the rest.
        double sure_agreement = 0.9;
        double twin_area = 2;  // ratio of areas below which two symbols within each other are one
    } pipeline;

    struct Symbol {
        // Guesses. What the format information may be, likeliest first, is tried while it is within the window
        // below, at most so many times; each costs a Reed-Solomon decoding and an attempt of the acceptance rule.
        int max_format_guesses = 16;
        // Nats between the likeliest format and the last one tried. The nearest other word differs in 7 bits of
        // each copy, so a clear reading has one guess, and two destroyed copies have all of max_format_guesses.
        double format_window = 12;
        // Nats that one bit can speak against a word: any module may lie under dirt, however certain it looks.
        // Higher, and a stain outvotes the intact copy; lower, and weak bits count like strong ones.
        double max_bit_cost = 3;
        // Nats against a copy that says nothing, over those of random bits. Lower, and words that neither copy supports
        // come before one that has three wrong bits in each; higher, and a stain outvotes the intact copy.
        double destroyed_copy_penalty = 3;
        // Nats against mirrored symbols: one in fifty is a generous guess. Lower, and three wrong bits in each copy
        // more often look like a mirrored format first (a third of the time at 2).
        double mirrored_penalty = 4;
        // Nats by which the version information must prefer another version before this one is given up.
        // Two copies of random bits do so in 1 of 200 symbols; an undamaged copy of another version reaches 15.
        double min_version_advantage = 10;
        // Share of the fixed modules (finders, timing, alignment) that must have the right sign. Random modules
        // give 0.5 +- 0.03; real symbols that decode stay above 0.75 even when a corner is covered.
        double min_function_agreement = 0.70;
        // The same where the level only detects errors (M1): 70 fixed modules, two of which may be wrong.
        double min_function_agreement_detecting = 0.97;
    } symbol;

    struct Correct {
        // Probability that a random word is accepted, over all attempts on one candidate (DESIGN, "accepting").
        double max_chance = 1e-9;
        // Check words left over that an erasure decoding needs at least: without, wrong words are accepted.
        int min_spare = 2;
        // max_chance where the level only detects errors (M1, two check words: 2^-16 a reading), together with the
        // exact format information that `symbol` asks for there: two readings a candidate, upright or mirrored.
        double max_chance_detecting = 1e-8;
    } correct;
};

}  // namespace qrcore
